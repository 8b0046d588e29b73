import {
  sidesOf,
  splitExpression,
  type Sides,
  type SplitExpression,
} from '../../../postgres/expressions/split-expression.ts';
import { quoteIdentifier } from '../../../postgres/quote.ts';
import type { SurveyedRelation } from '../../../audit/anywhere/survey.ts';
import { show } from '../../../tokens/show.ts';
import type { ConditionPart, Truth } from '../explanation.ts';
import type { RequestSession } from '../request-session.ts';
import { readClaim } from '../../../declaration/claims.ts';
import { claimSources } from '../../../audit/anywhere/conditions/claim-of.ts';
import { claimPaths, columnsIn, inWords } from './claim-words.ts';
import { evaluate, type Value } from './evaluate.ts';

/** A part of a condition, and the expressions whose values explain it. */
interface Prepared {
  readonly sql: string;
  readonly words: string;
  readonly join: 'and' | 'or' | undefined;
  readonly parts: readonly Prepared[];
  readonly sides: (Sides & { readonly leftWords: string; readonly rightWords: string }) | undefined;
  /** Columns of the row in it. */
  readonly columns: readonly string[];
  /** Path of the only claim that one side reads, and the SQL of both sides. */
  readonly claim:
    | { readonly path: readonly string[]; readonly given: unknown; readonly own: string; readonly other: string }
    | undefined;
}

/**
 * Evaluates a condition of a table's rows, and each part of it, for the kept rows, as the request does. A part that is not true
 * for the request but is for the connected role says so: the rights of the request decide it, not the row.
 */
export async function answerCondition(
  session: RequestSession,
  table: SurveyedRelation,
  condition: string,
  numbers: readonly number[],
): Promise<ReadonlyMap<number, ConditionPart>> {
  const prepared = await prepare(await splitExpression(condition), table, session);
  const expressions = expressionsIn(prepared);
  const [asRequest, asConnected] = [
    await evaluate(session, table.name, expressions, numbers),
    await evaluate(session, table.name, lookups(prepared), numbers, 'connected role'),
  ];
  return new Map(numbers.map((number) => [number, answer(prepared, asRequest.get(number)!, asConnected.get(number)!)]));
}

async function prepare(
  { sql, join, parts }: SplitExpression,
  table: SurveyedRelation,
  session: RequestSession,
): Promise<Prepared> {
  const inner: Prepared[] = [];
  for (const part of parts) inner.push(await prepare(part, table, session));
  if (join) {
    const words = inner.map((part) => (part.join ? `(${part.words})` : part.words)).join(` ${join.toUpperCase()} `);
    return { sql, words, join, parts: inner, sides: undefined, columns: [], claim: undefined };
  }
  const names = new Set(table.columns.map(({ name }) => name));
  const columns = await columnsIn(sql, names, table.name);
  const sides = await sidesOf(sql);
  if (!sides) return { sql, words: sql, join, parts: inner, sides, columns, claim: undefined };
  const { left, right } = sides;
  const [leftWords, rightWords] = [await inWords(left, session.audited), await inWords(right, session.audited)];
  const operator = sql
    .slice(sql.indexOf(left) + left.length, sql.lastIndexOf(right))
    .replaceAll(/[()]/g, ' ')
    .trim();
  return {
    sql,
    words: `${leftWords} ${operator.replaceAll(/\s+/g, ' ')} ${rightWords}`,
    join,
    parts: inner,
    sides: { left, right, leftWords, rightWords },
    columns,
    claim: operator === '=' ? await comparedClaim(sides, [leftWords, rightWords], session) : undefined,
  };
}

async function comparedClaim(
  { left, right }: Sides,
  [leftWords, rightWords]: readonly [string, string],
  { audited, settings }: RequestSession,
): Promise<Prepared['claim']> {
  const [side, words, other] = rightWords.startsWith('claim ') ? [right, rightWords, left] : [left, leftWords, right];
  if (!words.startsWith('claim ')) return undefined;
  const [path] = await claimPaths(side, claimSources(audited));
  const claims = JSON.parse(settings['request.jwt.claims'] ?? '{}') as Record<string, unknown>;
  return path && { path, given: readClaim(claims, path), own: side, other };
}

function expressionsIn({ sql, parts, sides, columns }: Prepared): string[] {
  return [
    sql,
    ...(sides ? [sides.left, sides.right] : []),
    ...columns.map(quoteIdentifier),
    ...parts.flatMap(expressionsIn),
  ];
}

/** Parts that may read tables or call functions: those in which the rights of the request can decide. */
function lookups({ sql, join, parts }: Prepared): string[] {
  if (join) return parts.flatMap(lookups);
  return /\bselect\b|\w\s*\(/i.test(sql) ? [sql] : [];
}

type Found = ReadonlyMap<string, Value>;

function answer(prepared: Prepared, asRequest: Found, asConnected: Found): ConditionPart {
  const { sql, words, join, parts } = prepared;
  const truth = truthOf(asRequest.get(sql));
  const claims = truth === 'true' ? undefined : claimsFor(prepared, asRequest);
  return {
    sql,
    words,
    truth,
    because: join ? '' : reason(prepared, truth, asRequest, asConnected),
    ...(join && { join }),
    parts: parts.map((part) => answer(part, asRequest, asConnected)),
    ...(claims && { claims }),
  };
}

function truthOf(value: Value | undefined): Truth {
  if (!value || 'error' in value) return 'error';
  return value.text === null ? 'null' : value.text === 'true' ? 'true' : 'false';
}

/** The claim that makes a comparison true, where the row has a value for it. */
function claimsFor({ claim }: Prepared, found: Found): ConditionPart['claims'] {
  if (!claim) return undefined;
  const [own, other] = [textOf(found.get(claim.own)), textOf(found.get(claim.other))];
  const path = claim.path.join('.');
  if (other !== null) return { [path]: other };
  return own === null ? { [path]: null } : undefined;
}

function textOf(value: Value | undefined): string | null {
  return value && 'text' in value ? value.text : null;
}

function reason({ sql, sides, columns, claim }: Prepared, truth: Truth, asRequest: Found, asConnected: Found): string {
  const failure = asRequest.get(sql);
  if (failure && 'error' in failure) return `Postgres: ${failure.error}`;
  const row = columns.map((name) => `${name} ${shown(asRequest.get(quoteIdentifier(name)))}`).join(', ');
  const values = [
    ...(row === '' ? [] : [`the row has ${row}`]),
    ...(sides ? otherSide(sides, { columns, given: claim?.given }, asRequest) : []),
  ].join(', ');
  const elsewhere = truth !== 'true' && truthOf(asConnected.get(sql)) === 'true';
  if (!elsewhere) return values;
  const rights = 'it is true with the rights of the connected role: the request may not read a row that it looks up';
  return values === '' ? rights : `${values}; ${rights}`;
}

/** The value of the side that is no column of the row: what the token says, or what was looked up. */
function otherSide(
  { left, right, leftWords, rightWords }: NonNullable<Prepared['sides']>,
  { columns, given }: { readonly columns: readonly string[]; readonly given: unknown },
  found: Found,
): string[] {
  const isColumn = (sql: string) => columns.some((name) => sql === name || sql === quoteIdentifier(name));
  return [
    { sql: left, words: leftWords },
    { sql: right, words: rightWords },
  ]
    .filter(({ sql }) => !isColumn(sql) && !isConstant(sql))
    .map(({ sql, words }) => {
      const value = shown(found.get(sql));
      if (!words.startsWith('claim ')) return words === sql ? `${words} is ${value}` : `the lookup found ${value}`;
      if (value !== 'NULL') return `the token ${value}`;
      return given === undefined || given === null
        ? `the token has no ${words}`
        : `${words} of the token, ${show(given)}, counts as NULL: it is of another type`;
    });
}

function isConstant(sql: string): boolean {
  return /^(?:-?[\d.]+|true|false|E?'(?:[^']|'')*')(?:::[\w ."]+(?:\[\])?)?$/i.test(sql);
}

function shown(value: Value | undefined): string {
  if (!value) return 'an unknown value';
  if ('error' in value) return `no value (${value.error})`;
  if (value.text === null) return 'NULL';
  return value.text.length > 60 ? `${value.text.slice(0, 60)}...` : value.text;
}
