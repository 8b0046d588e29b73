import type pg from 'pg';
import { raw, statementsOf } from '../../postgres/statements.ts';
import type { StatementNames } from '../../postgres/statement-names.ts';
import type { Command } from '../../declaration/types.ts';
import type { Relation } from './relation.ts';
import type { requestValues } from './request.ts';

const statement = statementsOf('access/probes');

/** Columns that a statement of any role can set: no generated ones, and not all of a view. */
export type Settable = Readonly<Record<'insert' | 'update', readonly string[]>>;

/** Tests with EXPLAIN which columns are settable: Postgres' rules for views are long. */
export async function readSettable(client: pg.ClientBase, { schema, name, columns }: Relation): Promise<Settable> {
  const settable = async (by: keyof Settable) => {
    const statements = columns.map((column) => statement(`set_column_by_${by}`, { schema, name, column }));
    const sql = statement('settable', { statements });
    const { rows } = await client.query<{ settable: boolean }>(sql);
    return columns.filter((_, index) => rows[index]!.settable);
  };
  return { insert: await settable('insert'), update: await settable('update') };
}

/** One command of a role on a table or view. */
export interface Attempt {
  readonly relation: Relation;
  readonly command: Command;
  /** Columns with a grant to the role. */
  readonly columns: readonly string[];
  readonly settable: Settable;
  /** True if there is no row to try. */
  readonly empty: boolean;
  readonly limit: number;
}

/** Message that tries a command as part of a request. Its first result has the outcomes. */
export function attemptSql(attempt: Attempt, request: ReturnType<typeof requestValues>): string {
  const { relation, command, columns, limit } = attempt;
  if (command === 'select' && !relation.isTable) {
    // Without a grant, Postgres rejects the role for any column.
    const selected = columns.length > 0 ? columns : relation.columns;
    const sql = statement('select_view', { ...nameOf(relation), columns: selected, limit: String(limit) });
    return statement('read', { ...request, statement: sql });
  }
  // An insert meets no existing row.
  const aimedAt = relation.isTable && command !== 'insert' ? String(relation.oid) : 'NULL';
  return statement('try', { ...request, statement: commandSql(attempt), aimed_at: raw(aimedAt) });
}

function commandSql({ relation, command, columns, settable, empty }: Attempt): string {
  const fill = (name: StatementNames['access/probes'], more: { columns?: readonly string[] } = {}) =>
    statement(name, { ...nameOf(relation), ...more });
  const kind = relation.isTable ? 'table' : 'view';
  switch (command) {
    case 'select':
      return fill('select_table');
    case 'delete':
      return fill(`delete_${kind}`);
    case 'insert': {
      const values = columns.filter((column) => settable.insert.includes(column));
      return empty || values.length === 0 ? fill('insert_defaults') : fill('insert', { columns: values });
    }
    case 'update': {
      const values = columns.filter((column) => settable.update.includes(column));
      // As above; and a view that cannot be written has no settable column.
      const set = [values, settable.update, relation.columns].find((names) => names.length > 0) ?? [];
      return fill(`update_${kind}`, { columns: set });
    }
  }
}

function nameOf({ schema, name }: Relation) {
  return { schema, name };
}
