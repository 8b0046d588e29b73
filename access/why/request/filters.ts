import { quoteIdentifier, quoteLiteral } from '../../../postgres/quote.ts';
import { splitList } from './split-list.ts';

/** Conditions on rows that the query of a request states. */
export interface Filters {
  /** SQL conditions that all must be true; columns stand without a table. */
  readonly conditions: readonly string[];
  /** Columns in them. */
  readonly columns: readonly string[];
  /** Parameters that are not translated, as they stand in the query. */
  readonly notUnderstood: readonly string[];
}

/** Parameters of PostgREST that are no filter. */
const NO_FILTER = new Set(['select', 'order', 'limit', 'offset', 'columns', 'on_conflict']);

const COMPARED: Readonly<Record<string, string>> = {
  eq: '=',
  neq: '<>',
  gt: '>',
  gte: '>=',
  lt: '<',
  lte: '<=',
  like: 'LIKE',
  ilike: 'ILIKE',
  match: '~',
  imatch: '~*',
  cs: '@>',
  cd: '<@',
  ov: '&&',
};
const IS = new Set(['null', 'not_null', 'true', 'false', 'unknown']);

/** Thrown inside for a part that is not understood. */
class NotUnderstood extends Error {}

/** Translates the filters of a query, such as `id=eq.3&or=(done.is.true,title.like.a*)`. */
export function readFilters(parameters: Iterable<readonly [name: string, value: string]>): Filters {
  const conditions: string[] = [];
  const columns = new Set<string>();
  const notUnderstood: string[] = [];
  for (const [name, value] of parameters) {
    if (NO_FILTER.has(name)) continue;
    const named = new Set<string>();
    try {
      conditions.push(condition(name, value, named));
      for (const column of named) columns.add(column);
    } catch (error) {
      if (!(error instanceof NotUnderstood)) throw error;
      notUnderstood.push(`${name}=${value}`);
    }
  }
  return { conditions, columns: [...columns], notUnderstood };
}

/** One parameter, or one part of `and=(...)`. */
function condition(name: string, value: string, columns: Set<string>): string {
  const [, not, junction] = /^(not\.)?(and|or)$/.exec(name) ?? [];
  if (junction !== undefined) return negated(not, joined(junction, value, columns));
  if (!/^[^.()]+$/.test(name)) throw new NotUnderstood();
  const [column = '', ...path] = name.split(/(->>?)/);
  columns.add(column);
  const field = path.reduce(
    (sql, part, index) => {
      if (part.startsWith('->')) return `${sql} ${part} `;
      return `${sql}${/^\d+$/.test(part) ? part : quoteLiteral(part.replace(/^'(.*)'$/, '$1'))}${index < path.length - 1 ? '' : ')'}`;
    },
    `${path.length > 0 ? '(' : ''}${quoteIdentifier(column)}`,
  );
  return compared(field, value);
}

function compared(field: string, text: string): string {
  const [, not, operator = '', quantifier, value = ''] = /^(not\.)?([a-z]+)(?:\((any|all)\))?\.(.*)$/s.exec(text) ?? [];
  return negated(not, comparison(field, operator, quantifier, value));
}

function comparison(field: string, operator: string, quantifier: string | undefined, value: string): string {
  const sql = COMPARED[operator];
  const pattern = (each: string) => (/^i?like$/.test(operator) ? each.replaceAll('*', '%') : each);
  if (sql !== undefined && quantifier !== undefined) {
    const values = listOf(value.replace(/^\{(.*)\}$/s, '($1)')).map(
      (each) => `${field} ${sql} ${quoteLiteral(pattern(each))}`,
    );
    return `(${values.join(quantifier === 'any' ? ' OR ' : ' AND ')})`;
  }
  if (sql !== undefined) return `${field} ${sql} ${quoteLiteral(pattern(value))}`;
  if (quantifier !== undefined) throw new NotUnderstood();
  if (operator === 'isdistinct') return `${field} IS DISTINCT FROM ${quoteLiteral(value)}`;
  if (operator === 'is' && IS.has(value.toLowerCase())) {
    return `${field} IS ${value.toLowerCase() === 'not_null' ? 'NOT NULL' : value.toUpperCase()}`;
  }
  if (operator === 'in') {
    const values = listOf(value);
    return values.length === 0 ? 'false' : `${field} IN (${values.map((each) => quoteLiteral(each)).join(', ')})`;
  }
  throw new NotUnderstood();
}

function joined(junction: string, value: string, columns: Set<string>): string {
  const parts = partsOf(value).map((part) => {
    const [, inner, list] = /^((?:not\.)?(?:and|or))(\(.*\))$/s.exec(part) ?? [];
    if (inner !== undefined && list !== undefined) return condition(inner, list, columns);
    const [, column, rest] = /^([^.()]+)\.(.+)$/s.exec(part) ?? [];
    if (column === undefined || rest === undefined) throw new NotUnderstood();
    return condition(column, unquoted(rest), columns);
  });
  if (parts.length === 0) throw new NotUnderstood();
  return `(${parts.join(` ${junction.toUpperCase()} `)})`;
}

/** Within brackets a value may stand in quotes. */
function unquoted(filter: string): string {
  return filter.replace(
    /^((?:not\.)?[a-z]+\.)"((?:[^"\\]|\\.)*)"$/s,
    (_, before: string, inner: string) => before + plain(inner),
  );
}

function listOf(value: string): string[] {
  return partsOf(value).map((part) => part.replace(/^"((?:[^"\\]|\\.)*)"$/s, (_, inner: string) => plain(inner)));
}

function plain(quoted: string): string {
  return quoted.replaceAll(/\\(.)/gs, '$1');
}

/** Parts of `(a,b)`. */
function partsOf(value: string): string[] {
  const [, inside] = /^\((.*)\)$/s.exec(value) ?? [];
  if (inside === undefined) throw new NotUnderstood();
  return splitList(inside);
}

function negated(not: string | undefined, sql: string): string {
  return not === undefined ? sql : `NOT (${sql})`;
}
