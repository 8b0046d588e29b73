import { refuse } from '../errors/secured-postgrest-error.ts';
import { lineAt, splitSql } from '../postgres/sql-text.ts';
import type { SqlSource } from './types.ts';

/** A word, quoted name, string, `::` or single sign of a condition. */
interface Token {
  readonly kind: 'name' | 'string' | 'sign';
  /** Text as Postgres reads it: words in lower case, quoted names without their quotes. */
  readonly text: string;
  readonly offset: number;
}

/** Every text has a value of these types. */
const TEXT_TYPES = ['text', 'varchar', 'character', 'char', 'bpchar', 'name'];
const JSON_TYPES = ['json', 'jsonb'];
/** Functions that fail for some texts or some JSON, and types that can be written like a function. */
const FAILING_FUNCTIONS =
  /^(int[248]|float[48]|numeric|bool|uuid|date|timestamp|timestamptz|timetz|to_(number|date|timestamp)|make_\w+|jsonb?_(array_elements|array_elements_text|array_length|each|each_text|object_keys|populate_\w+|to_record\w*))$/;

/**
 * Refuses a condition in which a cast of a claim, or of another part of the request, may fail. Postgres evaluates it where a row is met,
 * so the error would tell that a hidden row exists.
 */
export function checkClaimCasts(condition: SqlSource): void {
  const tokens = tokensOf(condition.sql);
  tokens.forEach((token, at) => {
    const cast = castAt(tokens, at);
    if (!cast || !readsRequest(cast.operand) || isSafe(cast)) return;
    refuse(
      'unsafe_claim_cast',
      `${condition.file}:${lineAt(condition.sql, token.offset)}`,
      `${cast.isFunction ? cast.type : `the cast to ${cast.type}`} fails for some tokens, but only where there is a row, hidden or not`,
      cast.isFunction
        ? `read lists with :"private".claim_list('name'), and other types with (SELECT :"private".try_cast(:"private".claim('name'), NULL::int))`
        : `write (SELECT :"private".try_cast(:"private".claim('name'), NULL::${cast.type})), which is null then`,
    );
  });
}

interface Cast {
  readonly operand: readonly Token[];
  readonly type: string;
  readonly isFunction?: boolean;
}

/** The cast whose sign or name stands at a place: `x::type`, `CAST(x AS type)` or `function(x)`. */
function castAt(tokens: readonly Token[], at: number): Cast | undefined {
  const { kind, text } = tokens[at]!;
  if (text === '::') return { operand: tokens.slice(operandStart(tokens, at), at), type: typeAt(tokens, at + 1) };
  if (kind !== 'name' || tokens[at + 1]?.text !== '(') return undefined;
  const end = closing(tokens, at + 1);
  if (text === 'cast') {
    const as = tokens.findLastIndex((token, place) => place < end && token.kind === 'name' && token.text === 'as');
    return { operand: tokens.slice(at + 2, as), type: typeAt(tokens, as + 1) };
  }
  return FAILING_FUNCTIONS.test(text)
    ? { operand: tokens.slice(at + 2, end), type: text, isFunction: true }
    : undefined;
}

function isSafe({ operand, type, isFunction }: Cast): boolean {
  if (isFunction) return false;
  // PostgREST's settings are JSON as a whole; what is taken out of them may be none.
  const whole = !operand.some(({ text }) => ['claim', 'claim_list', '>'].includes(text));
  return TEXT_TYPES.includes(type) || (whole && JSON_TYPES.includes(type));
}

/** Tests if tokens read a claim, header or cookie. */
function readsRequest(tokens: readonly Token[]): boolean {
  return tokens.some(({ kind, text }, at) => {
    if (kind !== 'name' || tokens[at + 1]?.text !== '(') return false;
    if (text === 'current_setting') return tokens[at + 2]?.text.startsWith('request.') ?? false;
    return text === 'claim' || text === 'claim_list';
  });
}

/** Start of the operand of a `::`: a name, a call, a group, a subscript, or an earlier cast. */
function operandStart(tokens: readonly Token[], cast: number): number {
  let at = cast - 1;
  while (tokens[at]?.text === ']') at = opening(tokens, at) - 1;
  if (tokens[at]?.text === ')') {
    at = opening(tokens, at);
    if (tokens[at - 1]?.kind === 'name') at--;
  }
  while (tokens[at - 1]?.text === '.') at -= 2;
  return tokens[at - 1]?.text === '::' ? operandStart(tokens, at - 1) : Math.max(at, 0);
}

function opening(tokens: readonly Token[], closed: number): number {
  let depth = 0;
  for (let at = closed; at >= 0; at--) {
    if (/^[)\]]$/.test(tokens[at]!.text)) depth++;
    else if (/^[([]$/.test(tokens[at]!.text) && --depth === 0) return at;
  }
  return 0;
}

function closing(tokens: readonly Token[], opened: number): number {
  let depth = 0;
  for (let at = opened; at < tokens.length; at++) {
    if (/^[([]$/.test(tokens[at]!.text)) depth++;
    else if (/^[)\]]$/.test(tokens[at]!.text) && --depth === 0) return at;
  }
  return tokens.length;
}

/** The type that a cast names, without its schema; an array with its brackets. */
function typeAt(tokens: readonly Token[], start: number): string {
  let at = start;
  while (tokens[at + 1]?.text === '.') at += 2;
  const name = tokens[at]?.text ?? '';
  at++;
  while (tokens[at]?.kind === 'name' && /^(varying|precision)$/.test(tokens[at]!.text)) at++;
  if (tokens[at]?.text === '(') at = closing(tokens, at) + 1;
  return tokens[at]?.text === '[' || tokens[at]?.text === 'array' ? `${name}[]` : name;
}

function tokensOf(sql: string): Token[] {
  return splitSql(sql).flatMap(({ kind, text, offset }): Token[] => {
    switch (kind) {
      case 'code':
        return [...text.matchAll(/[\w$\u0080-\uffff]+|::|\S/g)].map(({ 0: word, index }) => ({
          kind: /^[A-Za-z_\u0080-\uffff]/.test(word) ? 'name' : 'sign',
          text: word.toLowerCase(),
          offset: offset + index,
        }));
      case 'identifier':
        return [{ kind: 'name', text: text.slice(1, -1).replaceAll('""', '"'), offset }];
      case 'string':
        return [{ kind: 'string', text: text.replace(/^(?:[eE]?'|\$\w*\$)|'$/g, ''), offset }];
      case 'comment':
      case 'unterminated':
        return [];
    }
  });
}
