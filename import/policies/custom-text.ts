import { scan } from 'libpg-query';
import { quoteIdentifier, quoteLiteral } from '../../postgres/quote.ts';
import { nodesIn } from '../../postgres/expressions/walk.ts';
import { claimOf, type ClaimFunctions, type ReadClaim } from './claim-expression.ts';
import { EXPRESSION_START, parseExpression, type Expression } from '../../postgres/expressions/parse-expression.ts';

interface Token extends Extent {
  readonly text: string;
}

/** Second words of the names of types. */
const MORE_OF_A_TYPE = ['varying', 'precision'];

/**
 * A condition in the form that a declaration takes: claims are read once a statement, by the helper functions of the private schema,
 * and a cast of one never fails. All else stays as Postgres shows it.
 */
export async function customText(condition: string, functions: ClaimFunctions): Promise<string> {
  const expression = await parseExpression(condition);
  const { tokens } = await scan(condition);
  const bytes = Buffer.from(condition, 'utf8');
  const parts = (expression ? claimsIn(expression, functions) : []).map(({ claim, tree }) => ({
    claim,
    ...withBrackets(extentOf(tree, tokens), tokens),
  }));
  parts.sort((a, b) => a.start - b.start);
  const whole = withoutBrackets(tokens);
  if (parts.some(({ start, end }, index) => start < (parts[index - 1]?.end ?? whole.start) || end > whole.end)) {
    return condition;
  }
  let text = '';
  let at = whole.start;
  for (const { claim, start, end } of parts) {
    text += bytes.toString('utf8', at, start) + readingOf(claim);
    at = end;
  }
  return text + bytes.toString('utf8', at, whole.end);
}

interface Extent {
  /** In bytes. */
  readonly start: number;
  readonly end: number;
}

/** A condition without the brackets that Postgres puts around all of it. */
function withoutBrackets(tokens: readonly Token[]): Extent {
  let [first, last] = [0, tokens.length - 1];
  while (first < last && closingAt(tokens, first) === last) [first, last] = [first + 1, last - 1];
  return { start: tokens[first]?.start ?? 0, end: tokens[last]?.end ?? 0 };
}

/** The place of the bracket that closes the one at a place; undefined for another token. */
function closingAt(tokens: readonly Token[], at: number): number | undefined {
  if (tokens[at]?.text !== '(') return undefined;
  let open = 0;
  const found = tokens.findIndex(({ text }, place) => place >= at && (open += depthOf(text)) === 0);
  return found === -1 ? undefined : found;
}

/** An extent with the brackets around it, unless they belong to a call or a list: its reading has its own. */
function withBrackets(extent: Extent, tokens: readonly Token[]): Extent {
  let first = tokens.findIndex(({ start }) => start === extent.start);
  let last = tokens.findIndex(({ end }) => end === extent.end);
  const isGroup = () =>
    tokens[first - 1]?.text === '(' &&
    tokens[last + 1]?.text === ')' &&
    BEFORE_A_GROUP.test(tokens[first - 2]?.text ?? '');
  while (isGroup()) [first, last] = [first - 1, last + 1];
  return { start: tokens[first]!.start, end: tokens[last]!.end };
}

const BEFORE_A_GROUP = /^(\W*|and|or|not)$/i;

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

/** Types whose names need no quotes. */
const PLAIN_TYPES = /^(uuid|int[248]|numeric|float[48]|bool|date|timestamptz?|jsonb?)$/;

function readingOf({ path, type }: ReadClaim): string {
  const claim = `:"private".claim(${path.map((name) => quoteLiteral(name).trim()).join(', ')})`;
  if (type === undefined) return `(SELECT ${claim})`;
  const name = PLAIN_TYPES.test(type) ? type : type.split('.').map(quoteIdentifier).join('.');
  return `(SELECT :"private".try_cast(${claim}, NULL::${name}))`;
}

/** Where an expression stands: from its first token to its last one, with all brackets closed. */
function extentOf({ node, kind }: Expression, tokens: readonly Token[]): Extent {
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
