import pg from 'pg';
import type { QualifiedName } from '../../../postgres/qualified-name.ts';
import { quoteIdentifier, quoteLiteral } from '../../../postgres/quote.ts';
import { raw, statementsOf } from '../../../postgres/statements.ts';
import type { RowValues } from '../verdict.ts';
import { NotReplayed } from './not-replayed.ts';
import { rowFiller } from './row-filler.ts';
import { readShape, type ShapeConstraint, type TableShape } from './table-shape.ts';

const statement = statementsOf('access/replay');

/** Generations of parent rows: tables can refer to each other in a circle. */
const MOST_PARENTS = 8;

/** A row that was placed, and where it is. */
export interface PlacedRow extends QualifiedName {
  readonly part: string;
  readonly place: string;
}

/** Places rows as the admin, with values for all that they need, and the rows that they refer to. */
export interface RowPlacer {
  /** Rows so far, in the order in which they were placed. */
  readonly placed: readonly PlacedRow[];
  shapeOf(relation: QualifiedName): Promise<TableShape>;
  /** @throws NotReplayed if Postgres does not store the row */
  place(relation: QualifiedName, values: RowValues): Promise<PlacedRow>;
  /** Places the rows that a row with these values refers to, where they are missing. */
  placeParents(relation: QualifiedName, values: RowValues): Promise<void>;
  /** Values of a row by column, as texts. */
  read(row: PlacedRow): Promise<RowValues>;
  /** Statements that insert the placed rows, with every value. */
  statements(): Promise<string[]>;
}

export function rowPlacer(client: pg.ClientBase): RowPlacer {
  const placed: PlacedRow[] = [];
  const shapes = new Map<string, TableShape>();
  const shapeOf = async (relation: QualifiedName) => {
    const key = JSON.stringify([relation.schema, relation.name]);
    const shape = shapes.get(key) ?? (await readShape(client, relation));
    shapes.set(key, shape);
    return shape;
  };
  const read = async (row: PlacedRow) => {
    const { columns } = await shapeOf(row);
    const texts = columns.map(({ name }) => `${quoteIdentifier(name)}::text AS ${quoteIdentifier(name)}`).join(', ');
    const { rows } = await client.query<Record<string, string | null>>(
      statement('read_row', { ...row, columns: raw(texts) }),
    );
    return rows[0] ?? {};
  };
  const parents = async (relation: QualifiedName, values: RowValues, left: number) => {
    const { constraints } = await shapeOf(relation);
    for (const constraint of left > 0 ? constraints.filter(({ foreign }) => foreign) : []) {
      const wanted = referenced(constraint, values);
      if (!wanted) continue;
      const target = { schema: constraint.referenced_schema!, name: constraint.referenced_name! };
      const condition = raw(equalTo(wanted));
      const { rows } = await client.query<{ found: boolean }>(statement('exists', { ...target, condition }));
      if (!rows[0]!.found) await store(target, wanted, left - 1);
    }
  };
  const store = async (relation: QualifiedName, values: RowValues, left: number): Promise<PlacedRow> => {
    const shape = await shapeOf(relation);
    const row = { ...relation, ...(await insert(client, shape, values)) };
    placed.push(row);
    await parents(relation, await read(row), left);
    return row;
  };
  return {
    placed,
    shapeOf,
    read,
    place: ({ schema, name }, values) => store({ schema, name }, values, MOST_PARENTS),
    placeParents: (relation, values) => parents(relation, values, MOST_PARENTS),
    async statements() {
      const all: string[] = [];
      for (const row of placed) {
        const { columns } = await shapeOf(row);
        const values = await read(row);
        const stored = columns.filter(({ generated, name }) => !generated && values[name] !== undefined);
        const names = stored.map(({ name }) => quoteIdentifier(name)).join(', ');
        const literals = stored.map(({ name }) => (values[name] == null ? 'NULL' : quoteLiteral(values[name]).trim()));
        if (stored.length === 0) continue;
        const table = `${quoteIdentifier(row.schema)}.${quoteIdentifier(row.name)}`;
        all.push(`INSERT INTO ${table} (${names}) OVERRIDING SYSTEM VALUE VALUES (${literals.join(', ')})`);
      }
      return all;
    },
  };
}

/** Tests for equality with values, as SQL. */
export function equalTo(values: RowValues): string {
  const parts = Object.entries(values).map(([column, value]) =>
    value === null ? `${quoteIdentifier(column)} IS NULL` : `${quoteIdentifier(column)} = ${quoteLiteral(value)}`,
  );
  return parts.join(' AND ') || 'true';
}

function referenced({ columns, referenced_columns: keys }: ShapeConstraint, values: RowValues): RowValues | undefined {
  const pairs = keys.map((key, index) => [key, values[columns[index]!]] as const);
  if (pairs.some(([, value]) => value == null)) return undefined;
  return Object.fromEntries(pairs) as RowValues;
}

async function insert(client: pg.ClientBase, shape: TableShape, given: RowValues) {
  const { schema, name } = shape;
  if (shape.columns.length === 0) throw new NotReplayed(`the relation ${schema}.${name} does not exist`);
  const unknown = Object.keys(given).find((column) => shape.columns.every((one) => one.name !== column));
  if (unknown !== undefined) throw new NotReplayed(`${schema}.${name} has no column "${unknown}"`);
  const filler = rowFiller(shape, given);
  for (;;) {
    const values = filler.values();
    const columns = [...values.keys()];
    const sql =
      columns.length === 0
        ? statement('place_defaults', { schema, name })
        : statement('place', { schema, name, columns, values: raw([...values.values()].join(', ')) });
    await client.query(statement('begin_row'));
    try {
      const { rows } = await client.query<{ part: string; place: string }>(sql);
      await client.query(statement('keep_row'));
      return rows[0]!;
    } catch (error) {
      await client.query(statement('undo_row'));
      if (!(error instanceof pg.DatabaseError)) throw error;
      if (await filler.retry(client, error)) continue;
      if (await removeEqual(client, shape, given, error)) continue;
      throw new NotReplayed(`a row of ${schema}.${name} cannot be stored: ${error.message}`);
    }
  }
}

/** Removes the row that has the key of the one to be placed: the transaction is rolled back. */
async function removeEqual(
  client: pg.ClientBase,
  { schema, name }: TableShape,
  given: RowValues,
  { code, constraint = '' }: pg.DatabaseError,
): Promise<boolean> {
  if (code !== '23505') return false;
  const { rows } = await client.query<{ columns: string[] }>(statement('index_columns', { schema, index: constraint }));
  const columns = rows[0]?.columns ?? [];
  if (columns.length === 0 || columns.some((column) => given[column] == null)) return false;
  const condition = raw(equalTo(Object.fromEntries(columns.map((column) => [column, given[column]!]))));
  const { rowCount } = await client.query(statement('remove_equal', { schema, name, condition }));
  return (rowCount ?? 0) > 0;
}
