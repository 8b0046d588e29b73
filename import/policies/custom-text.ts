import { scan } from 'libpg-query';
import { quoteIdentifier, quoteLiteral } from '../../postgres/quote.ts';
import { nodesIn } from '../files/walk.ts';
import { claimOf, type ClaimFunctions, type ReadClaim } from './claim-expression.ts';
import { EXPRESSION_START, parseExpression, type Expression } from './parse-expression.ts';

interface Token {
  readonly text: string;
  /** In bytes. */
  readonly start: number;
  readonly end: number;
}

/** Second words of the names of types. */
const MORE_OF_A_TYPE = ['varying', 'precision'];

/**
 * A condition in the form that a declaration takes: claims are read once a statement, by the helper functions of the private schema,
 * and a cast of one never fails. All else stays as Postgres shows it.
 */
export async function customText(condition: string, functions: ClaimFunctions): Promise<string> {
  const expression = await parseExpression(condition);
  const outermost = expression ? claimsIn(expression, functions) : [];
  if (outermost.length === 0) return condition;
  const { tokens } = await scan(condition);
  const bytes = Buffer.from(condition, 'utf8');
  const parts = outermost.map(({ claim, tree }) => ({ claim, ...extentOf(tree, tokens) }));
  parts.sort((a, b) => a.start - b.start);
  let text = '';
  let at = 0;
  for (const { claim, start, end } of parts) {
    if (start < at) return condition;
    text += bytes.toString('utf8', at, start) + readingOf(claim);
    at = end;
  }
  return text + bytes.toString('utf8', at);
}

interface FoundClaim {
  readonly claim: ReadClaim;
  readonly tree: Expression;
}

/** Expressions that read a claim and are no part of another one that does. */
function claimsIn(tree: Expression, functions: ClaimFunctions): FoundClaim[] {
  const claim = claimOf(tree, functions);
  if (claim) return [{ claim, tree }];
  return inside(tree.node, functions);
}

function inside(tree: unknown, functions: ClaimFunctions): FoundClaim[] {
  if (typeof tree !== 'object' || tree === null) return [];
  return Object.entries(tree).flatMap(([key, value]) => {
    const isExpression = /^[A-Z]/.test(key) && typeof value === 'object' && value !== null && !Array.isArray(value);
    return isExpression
      ? claimsIn({ kind: key, node: value as Expression['node'] }, functions)
      : inside(value, functions);
  });
}

function readingOf({ path, type }: ReadClaim): string {
  const claim = `:"private".claim(${path.map((name) => quoteLiteral(name).trim()).join(', ')})`;
  if (type === undefined) return `(SELECT ${claim})`;
  const name = type.split('.').map(quoteIdentifier).join('.');
  return `(SELECT :"private".try_cast(${claim}, NULL::${name}))`;
}

/** Where an expression stands: from its first token to its last one, with all brackets closed. */
function extentOf({ node, kind }: Expression, tokens: readonly Token[]): { start: number; end: number } {
  const places = [...nodesIn({ [kind]: node })]
    .map(([, { location }]) => location)
    .filter((location) => typeof location === 'number')
    .map((location) => location - EXPRESSION_START);
  let first = tokens.findIndex(({ start }) => start >= Math.min(...places));
  let last = tokens.findLastIndex(({ start }) => start <= Math.max(...places));
  const textAt = (index: number) => tokens[index]?.text ?? '';
  while (textAt(last + 1) === '.' || MORE_OF_A_TYPE.includes(textAt(last + 1)))
    last += textAt(last + 1) === '.' ? 2 : 1;
  if (textAt(last + 1) === '(') last++;
  let { open, unopened } = brackets(tokens.slice(first, last + 1));
  while (open > 0 && last + 1 < tokens.length) {
    last++;
    open += depthOf(textAt(last));
  }
  while (unopened > 0 && first > 0) {
    first--;
    unopened -= depthOf(textAt(first));
  }
  return { start: tokens[first]!.start, end: tokens[last]!.end };
}

function brackets(tokens: readonly Token[]): { open: number; unopened: number } {
  let [open, unopened] = [0, 0];
  for (const { text } of tokens) {
    const depth = depthOf(text);
    if (depth < 0 && open === 0) unopened++;
    else open += depth;
  }
  return { open, unopened };
}

function depthOf(text: string): number {
  if (text === '(' || text === '[') return 1;
  return text === ')' || text === ']' ? -1 : 0;
}
