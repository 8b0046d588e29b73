import pg from 'pg';
import { UNIQUE_VIOLATION } from '../../postgres/sqlstate.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import { raw, statementsOf } from '../../postgres/statements.ts';
import type { SqlSource } from '../../postgres/sql-source.ts';
import type { FoundPolicy, FoundRelation } from '../database/found.ts';
import { insertOf } from '../../postgres/copy-rows.ts';
import { SAMPLE_ROWS, sampleValue } from './sample-values.ts';

const statement = statementsOf('import/compare');

const ATTEMPTS = 5;
/** How many rows of a table are compared. */
const ROW_LIMIT = 40;

/** Adds rows that sample claims reach to tables, as far as their constraints allow. */
export async function addSampleRows(
  client: pg.ClientBase,
  tables: readonly FoundRelation[],
  policies: readonly FoundPolicy[],
): Promise<void> {
  const conditions = policies.flatMap(({ using, check }) => [using ?? '', check ?? '']).join('\n');
  await client.query('BEGIN');
  await client.query(statement('without_triggers'));
  for (const table of tables.filter(hasOwnRows)) {
    for (let row = 0; row < SAMPLE_ROWS; row++) await addRow(client, table, row, conditions);
  }
  await client.query('COMMIT');
  await client.query('RESET session_replication_role');
}

/** Tests if rows of a table can be copied: those of a partition come with the table above. */
function hasOwnRows({ is_child, columns }: FoundRelation): boolean {
  return !is_child && columns.some(({ computed }) => !computed);
}

async function addRow(
  client: pg.ClientBase,
  { schema, name, columns }: FoundRelation,
  row: number,
  conditions: string,
): Promise<void> {
  let [attempt, taken] = [0, 0];
  while (attempt + taken < ATTEMPTS) {
    const values = columns
      .map((column, index) => ({
        column,
        value: sampleValue(column, { row, index, attempt, taken, compared: comparedWith(column.name, conditions) }),
      }))
      .flatMap(({ column, value }) => (column.generated || value === undefined ? [] : [[column.name, value] as const]));
    const sql =
      values.length === 0
        ? statement('insert_defaults', { schema, name })
        : statement('insert', {
            schema,
            name,
            columns: values.map(([column]) => column),
            values: values.map(([, value]) => value),
          });
    await client.query(statement('set_savepoint'));
    try {
      await client.query(sql);
      return;
    } catch (error) {
      // A constraint that no sample meets: the table has fewer rows then.
      if (error instanceof pg.DatabaseError && error.code === UNIQUE_VIOLATION) taken++;
      else attempt++;
      await client.query(statement('back_to_savepoint'));
    }
  }
}

/** The rows as a seed for another database, in place of those that migrations add there. */
export async function rowsAsSeed(client: pg.ClientBase, tables: readonly FoundRelation[]): Promise<SqlSource> {
  const statements = ['SET session_replication_role = replica'];
  for (const { schema, name, columns } of tables.filter(hasOwnRows)) {
    const written = columns.filter(({ computed }) => !computed).map((column) => column.name);
    const texts = raw(written.map((column) => `${quoteIdentifier(column)}::text`).join(', '));
    const { rows } = await client.query<{ values: (string | null)[] }>(
      statement('rows', { schema, name, columns: texts, limit: String(ROW_LIMIT) }),
    );
    rows.reverse();
    statements.push(`DELETE FROM ${quoteIdentifier(schema)}.${quoteIdentifier(name)}`);
    if (rows.length === 0) continue;
    const table = { schemaname: schema, relname: name };
    statements.push(insertOf({ relation: table, attlist: written.map((sval) => ({ String: { sval } })) }, rows));
  }
  return { file: 'access.rows.sql', sql: `${[...statements, 'RESET session_replication_role'].join(';\n')};\n` };
}

/** Texts that conditions compare a column of the name with. */
function comparedWith(column: string, conditions: string): string[] {
  const name = column.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const compared = new RegExp(`\\b${name}"?\\)?(?:::\\w+)? = (?:ANY \\(+ARRAY\\[)?\\(?'([^']*)'`, 'g');
  return [...conditions.matchAll(compared)].map(([, value]) => value!);
}
