import { scan } from 'libpg-query';
import { expressionsOf, namesOf, parseExpression, type Expression } from './parse-expression.ts';

/** An expression with its SQL, and the parts that AND or OR joins in it. */
export interface SplitExpression {
  readonly sql: string;
  /** Undefined where `parts` is empty. */
  readonly join?: 'and' | 'or';
  readonly parts: readonly SplitExpression[];
}

/** SQL of the two sides of a comparison. */
export interface Sides {
  readonly left: string;
  readonly right: string;
}

interface Token {
  readonly start: number;
  readonly end: number;
  readonly text: string;
  readonly depth: number;
}

/**
 * Splits an expression at its own ANDs and ORs, to any depth. The parser says what there is to split, and the scanner where: if
 * they do not agree, the expression stays whole.
 *
 * @throws SecuredPostgrestError `invalid_sql`
 */
export async function splitExpression(text: string): Promise<SplitExpression> {
  const sql = await withoutBrackets(text);
  const expression = await parseExpression(sql);
  const join = joinOf(expression);
  if (!expression || !join) return { sql, parts: [] };
  const tokens = await tokensOf(sql);
  const words = tokens.filter(({ depth, text: word }) => depth === 0 && word.toLowerCase() === join);
  if (words.length + 1 !== expressionsOf(expression.node['args']).length) return { sql, parts: [] };
  const starts = [0, ...words.map(({ end }) => end)];
  const ends = [...words.map(({ start }) => start), sql.length];
  const parts: SplitExpression[] = [];
  for (const [index, start] of starts.entries()) {
    const part = await splitExpression(sql.slice(start, ends[index]));
    parts.push(part);
  }
  return { sql, join, parts };
}

/** The sides of `left operator right` or `left operator ANY (right)`; undefined for anything else. */
export async function sidesOf(sql: string): Promise<Sides | undefined> {
  const expression = await parseExpression(sql);
  const { kind: how } = (expression?.kind === 'A_Expr' ? expression.node : {}) as { kind?: string };
  if (!expression || !['AEXPR_OP', 'AEXPR_OP_ANY', 'AEXPR_DISTINCT', 'AEXPR_NOT_DISTINCT'].includes(how ?? ''))
    return undefined;
  if (expression.node['lexpr'] === undefined) return undefined;
  const [operator = ''] = namesOf(expression.node['name']).slice(-1);
  const tokens = (await tokensOf(sql)).filter(({ depth }) => depth === 0);
  const isDistinct = how === 'AEXPR_DISTINCT' || how === 'AEXPR_NOT_DISTINCT';
  const found = tokens.filter(({ text }) => (isDistinct ? text.toLowerCase() === 'is' : text === operator));
  const [at] = found;
  if (!at || found.length > 1) return undefined;
  const rest = sql.slice(at.end);
  const right = isDistinct ? rest.replace(/^\s*(?:not\s+)?distinct\s+from\b/i, '') : rest;
  const list = how === 'AEXPR_OP_ANY' ? right.replace(/^\s*(?:any|some)\b/i, '') : right;
  return { left: await withoutBrackets(sql.slice(0, at.start)), right: await withoutBrackets(list) };
}

function joinOf(expression: Expression | undefined): 'and' | 'or' | undefined {
  if (expression?.kind !== 'BoolExpr') return undefined;
  const { boolop } = expression.node;
  return boolop === 'AND_EXPR' ? 'and' : boolop === 'OR_EXPR' ? 'or' : undefined;
}

/** Removes brackets around all of an expression. */
async function withoutBrackets(text: string): Promise<string> {
  const sql = text.trim();
  if (!sql.startsWith('(') || !sql.endsWith(')')) return sql;
  const tokens = await tokensOf(sql);
  const encloses = tokens.every(({ depth }, index) => depth > 0 || index === 0 || index === tokens.length - 1);
  const inner = sql.slice(1, -1).trim();
  // A sub-select keeps its brackets: without them it is no expression.
  return encloses && !/^(?:select|with|values|table)\b/i.test(inner) ? withoutBrackets(inner) : sql;
}

/** Tokens with the number of brackets and CASEs around each. */
async function tokensOf(sql: string): Promise<Token[]> {
  const bytes = Buffer.from(sql, 'utf8');
  const { tokens } = await scan(sql);
  // The scanner counts bytes.
  const isPlain = bytes.length === sql.length;
  const at = (offset: number) => (isPlain ? offset : bytes.toString('utf8', 0, offset).length);
  let depth = 0;
  return tokens.map(({ start, end }) => {
    const [from, to] = [at(start), at(end)];
    const text = sql.slice(from, to);
    const word = text.toLowerCase();
    if (word === ')' || word === ']' || word === 'end') depth--;
    const token = { start: from, end: to, text, depth };
    if (word === '(' || word === '[' || word === 'case') depth++;
    return token;
  });
}
