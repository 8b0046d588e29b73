import { expressionsOf, namesOf, type Expression } from '../../../postgres/expressions/parse-expression.ts';
import type { SurveyedRelation } from '../survey.ts';
import type { FunctionTexts } from './claim-readers.ts';
import { nodesBelow } from './comparisons.ts';
import type { Condition } from './conditions.ts';

/** A part of a condition that AND joins with others. */
export interface Atom {
  readonly expression: Expression;
  /** Columns of the policy's table in it. */
  readonly columns: readonly string[];
  readonly readsClaims: boolean;
  /** It looks something up in a table, or calls a function with a column of the row. */
  readonly looksUp: boolean;
}

/** More than these are not told apart: a condition of that many parts is taken as one. */
const MOST = 64;

const known = new WeakMap<Condition, readonly (readonly Atom[])[]>();

/** A condition as alternatives, each of parts that must all be true. */
export function disjunctsOf(
  condition: Condition,
  table: SurveyedRelation,
  texts: FunctionTexts,
): readonly (readonly Atom[])[] {
  const found =
    known.get(condition) ?? split(condition.expression).map((parts) => parts.map((part) => atomOf(part, table, texts)));
  known.set(condition, found);
  return found;
}

function split(expression: Expression | undefined): Expression[][] {
  if (!expression) return [];
  const { kind, node } = expression;
  if (kind !== 'BoolExpr' || node['boolop'] === 'NOT_EXPR') return [[expression]];
  const parts = expressionsOf(node['args']).map(split);
  if (node['boolop'] === 'OR_EXPR') return parts.flat();
  const joined = parts.reduce<Expression[][]>(
    (before, after) => before.flatMap((left) => after.map((right) => [...left, ...right])),
    [[]],
  );
  return joined.length > MOST ? [[expression]] : joined;
}

function atomOf(expression: Expression, table: SurveyedRelation, texts: FunctionTexts): Atom {
  const columns = new Set<string>();
  let readsClaims = false;
  let looksUp = false;
  const own = new Set(table.columns.map(({ name }) => name));
  for (const [kind, node] of nodesBelow(expression)) {
    if (kind === 'ColumnRef') {
      const names = namesOf(node['fields']);
      if (own.has(names.at(-1)!) && (names.length === 1 || names.at(-2) === table.name)) columns.add(names.at(-1)!);
    }
    if (kind === 'RangeVar') looksUp = true;
    if (kind !== 'FuncCall') continue;
    const names = namesOf(node['funcname']);
    if (names.at(-1) === 'current_setting') readsClaims = true;
    for (const fn of texts.named(names.length > 1 ? names.at(-2) : undefined, names.at(-1)!)) {
      if (texts.readsRequest(fn)) readsClaims = true;
      if (fn.arguments.length > 0 || fn.returns_set) looksUp = true;
    }
  }
  return { expression, columns: [...columns], readsClaims, looksUp };
}

/** True for a part that ties the row to the caller: a column compared with a claim, also by way of a lookup. */
export function tiesRow({ columns, readsClaims, looksUp }: Atom): boolean {
  return columns.length > 0 && (readsClaims || looksUp);
}
