import { claimPath } from '../../../declaration/claims.ts';
import type { ClaimPath } from '../../../declaration/types.ts';
import { refuse } from '../../../errors/secured-postgrest-error.ts';
import { EXPRESSION_START, namesOf, parseExpression } from '../../../postgres/expressions/parse-expression.ts';
import { quoteIdentifier, quoteLiteral } from '../../../postgres/quote.ts';
import { nodesBelow } from '../../../audit/anywhere/conditions/comparisons.ts';

/** SQL of a claim in a type, as properties write it: `claim('user_id')::int`. */
export function claimSql(claim: ClaimPath, type: string = 'text'): string {
  const call = `claim(${claimPath(claim)
    .map((name) => quoteLiteral(name).trim())
    .join(', ')})`;
  return type === 'text' ? call : `${call}::${type}`;
}

/** SQL that compares a column with a claim. */
export function columnIsClaim(column: string, claim: ClaimPath, type: string): string {
  return `${quoteIdentifier(column)} = ${claimSql(claim, type)}`;
}

/** SQL that is true where one of the conditions is; without one, nothing is. */
export function anyOf(conditions: readonly string[]): string {
  const distinct = [...new Set(conditions)];
  if (distinct.length === 0) return 'false';
  return distinct.length === 1 ? distinct[0]! : distinct.map((condition) => `(${condition})`).join(' OR ');
}

/** A call of `claim` in a condition. */
export interface ClaimCall {
  readonly path: readonly string[];
  /** Where it begins and ends, in characters. */
  readonly start: number;
  readonly end: number;
}

const CALL = /claim\s*\(\s*('(?:[^']|'')*'(?:\s*,\s*'(?:[^']|'')*')*)\s*\)/iy;

/**
 * Finds the calls of `claim` in a property's condition.
 *
 * @param place where the condition stands, for errors
 * @throws SecuredPostgrestError `invalid_property` for a claim whose path is not made of constants, or SQL that is no expression
 */
export async function claimCalls(only: string, place: string): Promise<readonly ClaimCall[]> {
  const expression = await parseExpression(only).catch((error: unknown) =>
    refuse('invalid_property', place, `"${only}" is not SQL (${(error as Error).message})`, 'correct it', error),
  );
  if (!expression) {
    const fix = "write a condition on columns and claims, such as user_id = claim('user_id')::int";
    refuse('invalid_property', place, `"${only}" is not one expression`, fix);
  }
  const bytes = Buffer.from(only, 'utf8');
  return nodesBelow(expression).flatMap(([kind, node]) => {
    if (kind !== 'FuncCall' || namesOf(node['funcname']).join('.') !== 'claim') return [];
    // Postgres counts bytes.
    const location = Number(node['location'] ?? 0) - EXPRESSION_START;
    const start = bytes.toString('utf8', 0, location).length;
    CALL.lastIndex = start;
    const [whole, names] = CALL.exec(only) ?? [];
    if (whole === undefined || names === undefined) {
      const problem = `a call of claim in "${only}" has other arguments than texts`;
      return refuse('invalid_property', place, problem, "name the claim by its path: claim('app_metadata', 'tenant')");
    }
    const path = [...names.matchAll(/'((?:[^']|'')*)'/g)].map(([, name = '']) => name.replaceAll("''", "'"));
    return [{ path, start, end: start + whole.length }];
  });
}

/** The condition of a property with the claims of one token: SQL that Postgres can run. */
export async function withClaims(only: string, claims: Readonly<Record<string, unknown>>): Promise<string> {
  const calls = [...(await claimCalls(only, 'only'))].sort((a, b) => b.start - a.start);
  const json = `${quoteLiteral(JSON.stringify(claims))}::pg_catalog.json`;
  return calls.reduce((sql, { path, start, end }) => {
    const names = path.map((name) => quoteLiteral(name)).join(', ');
    return `${sql.slice(0, start)}pg_catalog.json_extract_path_text(${json}, ${names})${sql.slice(end)}`;
  }, only);
}
