import type pg from 'pg';
import type { QualifiedName } from '../../../postgres/qualified-name.ts';
import { quoteIdentifier, quoteLiteral } from '../../../postgres/quote.ts';
import { raw, statementsOf } from '../../../postgres/statements.ts';
import type { LeakingRequest, RowValues } from '../verdict.ts';
import type { TableShape } from './table-shape.ts';

const statement = statementsOf('access/replay');

/** Types without equality. */
const NOT_COMPARED = /^(?:json|xml|point|line|lseg|box|path|polygon|circle)\b/;

/** Columns of a relation that a role may use with a privilege. */
export async function grantedColumns(
  client: pg.ClientBase,
  { schema, name }: QualifiedName,
  role: string,
  privilege: 'SELECT' | 'INSERT' | 'UPDATE',
): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    statement('granted_columns', { schema, name, role, privilege }),
  );
  return rows.map((row) => row.name);
}

/** Values by which a role can filter for a row: of columns that it may read. */
export function filterValues({ columns }: TableShape, values: RowValues, granted: readonly string[]): RowValues {
  const filtering = columns.filter(
    ({ name, base }) => granted.includes(name) && values[name] !== undefined && !NOT_COMPARED.test(base),
  );
  return Object.fromEntries(filtering.map(({ name }) => [name, values[name]!]));
}

/** SQL of a filter. */
export function filterSql({ columns }: TableShape, filter: RowValues): string {
  const parts = columns
    .filter(({ name }) => Object.hasOwn(filter, name))
    .map(({ name, type }) => {
      const value = filter[name];
      const column = quoteIdentifier(name);
      return value == null ? `${column} IS NULL` : `${column} = ${quoteLiteral(value)}::${type}`;
    });
  return parts.join(' AND ') || 'true';
}

/** SQL that calls a function as PostgREST does: with its arguments by name. */
export function callSql({ schema, name, arguments: given = {} }: LeakingRequest): string {
  const values = Object.entries(given).map(
    ([argument, value]) => `${quoteIdentifier(argument)} => ${value === null ? 'NULL' : quoteLiteral(value)}`,
  );
  return statement('call', { schema, name, arguments: raw(values.join(', ')) });
}
