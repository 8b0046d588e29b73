import { quoteIdentifier } from '../../../postgres/quote.ts';
import { raw, statementsOf } from '../../../postgres/statements.ts';
import { sqlName } from '../../../audit/relations.ts';
import type { EmbeddedRequest } from './embedded-request.ts';
import { joinColumns, type Hop } from './relationship.ts';

const statement = statementsOf('access/why');

/** SQL of the rows of an embedded resource for the row of a table or an alias around it. */
export function embeddedRows(embedded: EmbeddedRequest, outer: string, depth = 1): string {
  return statement('embedded', { rows: raw(rowsFor(embedded, outer, depth)) });
}

/** SQL conditions of an embedded resource on the rows around it. */
export function isEmbedded(embedded: EmbeddedRequest, outer: string, depth = 1): string[] {
  if (embedded.leavesOut === undefined) return [];
  const not = embedded.leavesOut === 'rows with it' ? 'NOT ' : '';
  return [`${not}EXISTS (${rowsFor(embedded, outer, depth)})`];
}

function rowsFor({ hops, read, filters, embedded }: EmbeddedRequest, outer: string, depth: number): string {
  const alias = `why_${depth}`;
  const columns = [
    ...read.map((name) => `${alias}.${quoteIdentifier(name)}`),
    ...embedded.map((inner, index) => `${embeddedRows(inner, alias, depth + 1)} AS why_embedded_${index}`),
  ];
  const conditions = [
    joined(hops, quoteIdentifier(outer), alias),
    ...filters.conditions.map((sql) => `(${sql})`),
    ...embedded.flatMap((inner) => isEmbedded(inner, alias, depth + 1)),
  ];
  return `SELECT ${columns.join(', ')} FROM ${sqlName(hops.at(-1)!.relation)} AS ${alias} WHERE ${conditions.join(' AND ')}`;
}

/** A junction stands in a lookup of its own, so that columns without a table are those of the resource. */
function joined([first, second]: readonly Hop[], outer: string, inner: string): string {
  if (!second) return pairs(first!, outer, inner);
  const junction = `${inner}_through`;
  return `EXISTS (SELECT FROM ${sqlName(first!.relation)} AS ${junction} WHERE ${pairs(first!, outer, junction)} AND ${pairs(second, junction, inner)})`;
}

/** SQL that is true where a row of a hop's table belongs to the one before. */
export function pairs(hop: Hop, before: string, table: string): string {
  return joinColumns(hop)
    .map(([from, column]) => `${before}.${quoteIdentifier(from)} = ${table}.${quoteIdentifier(column)}`)
    .join(' AND ');
}
