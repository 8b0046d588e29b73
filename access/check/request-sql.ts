import { quoteIdentifier, quoteLiteral } from '../../postgres/quote.ts';
import type { QualifiedName } from '../../postgres/qualified-name.ts';
import type { CheckRequest, Embedding, Filter } from './request.ts';
import { tableIn, type Shape, type ShapeTable } from './shape.ts';
import type { Value } from './values.ts';

const nameOf = ({ schema, name }: QualifiedName) => `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
const list = (names: readonly string[], before = '') => names.map((name) => before + quoteIdentifier(name)).join(', ');
const literal = (value: Value) => (value === null ? 'NULL' : quoteLiteral(String(value)));

/** The statement that PostgREST runs for a request. Its one value has `rows`, if the request returns any, and `count`. */
export function requestSql(shape: Shape, request: CheckRequest): string {
  const name = nameOf(request.target);
  switch (request.kind) {
    case 'read': {
      const embedded = request.embedded && embeddingSql(shape, request.target, request.embedded);
      const selected = [list(request.columns, `${name}.`), ...(embedded ? ['embedded'] : [])].join(', ');
      return answer(`SELECT ${selected} FROM ${name}${embedded ?? ''}${where(name, request.filters)}`, true);
    }
    case 'insert': {
      const table = tableIn(shape, request.target)!;
      const types = request.columns.map((column) => {
        const { type = 'text' } = table.columns.find((each) => each.name === column) ?? {};
        return `${quoteIdentifier(column)} ${type}`;
      });
      const sql = `INSERT INTO ${name} (${list(request.columns)}) SELECT ${list(request.columns, 'body.')}
FROM json_to_recordset(${quoteLiteral(JSON.stringify(request.rows))}::json) AS body (${types.join(', ')})${conflictSql(table, request)}`;
      return written(sql, name, request.returning);
    }
    case 'update': {
      const set = Object.entries(request.set).map(
        ([column, value]) => `${quoteIdentifier(column)} = ${literal(value)}`,
      );
      return written(`UPDATE ${name} SET ${set.join(', ')}${where(name, request.filters)}`, name, request.returning);
    }
    case 'delete':
      return written(`DELETE FROM ${name}${where(name, request.filters)}`, name, request.returning);
    case 'call': {
      const given = Object.entries(request.arguments).map(
        ([key, value]) => `${quoteIdentifier(key)} => ${literal(value)}`,
      );
      return answer(
        `SELECT called FROM ${name}(${given.join(', ')}) AS called${where('called', request.filters)}`,
        true,
      );
    }
  }
}

function conflictSql(table: ShapeTable, { columns, conflict }: CheckRequest & { kind: 'insert' }): string {
  if (!conflict) return '';
  const set = columns.map((column) => `${quoteIdentifier(column)} = EXCLUDED.${quoteIdentifier(column)}`);
  const action = conflict === 'ignore-duplicates' ? 'NOTHING' : `UPDATE SET ${set.join(', ')}`;
  return ` ON CONFLICT (${list(table.keys[0]!)}) DO ${action}`;
}

function embeddingSql(shape: Shape, table: QualifiedName, { reference, columns, inner }: Embedding): string {
  const found = tableIn(shape, table)?.references.find((each) => each.name === reference);
  if (!found) return '';
  const other = nameOf({ schema: found.schema, name: found.table });
  const joined = found.columns.map(
    (column, at) => `other.${quoteIdentifier(found.referenced[at]!)} = ${nameOf(table)}.${quoteIdentifier(column)}`,
  );
  return ` ${inner ? 'INNER' : 'LEFT'} JOIN LATERAL (SELECT to_jsonb(one) AS embedded FROM (
SELECT ${list(columns, 'other.')} FROM ${other} AS other WHERE ${joined.join(' AND ')}) AS one) AS beside ON true`;
}

/** Without `RETURNING` of a column, Postgres asks no policy for reading. */
function written(sql: string, name: string, returning: readonly string[] | undefined): string {
  const returned = returning ? list(returning, `${name}.`) : '1';
  return `WITH source AS (${sql} RETURNING ${returned}) ${answer('SELECT * FROM source', returning !== undefined)}`;
}

function answer(query: string, rows: boolean): string {
  const shown = rows ? `coalesce(jsonb_agg(to_jsonb(answer)), '[]')` : 'NULL::jsonb';
  return `SELECT jsonb_build_object('rows', ${shown}, 'count', count(*)) FROM (${query}) AS answer`;
}

function where(name: string, filters: readonly Filter[]): string {
  const conditions = filters.map(({ column, operator, value }) => {
    const left = `${name}.${quoteIdentifier(column)}`;
    if (operator === 'is') return `${left} IS NULL`;
    if (operator === 'in') return `${left} IN (${[value].flat().map(literal).join(', ')})`;
    const sign = { eq: '=', neq: '<>', gt: '>', lt: '<' }[operator];
    return `${left} ${sign} ${literal(value as Value)}`;
  });
  return conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
}
