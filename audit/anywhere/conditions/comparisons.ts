import {
  expressionOf,
  expressionsOf,
  namesOf,
  textOf,
  type Expression,
} from '../../../postgres/expressions/parse-expression.ts';
import { listNodes } from '../../../postgres/expressions/walk.ts';

/** `left operator right`, with the kind of its node, such as `AEXPR_OP`. */
export interface Comparison {
  readonly kind: string;
  readonly operator: string;
  readonly left: Expression | undefined;
  readonly right: Expression | undefined;
}

const compared = new WeakMap<object, readonly Comparison[]>();

/** Every comparison in a condition, also in its sub-selects. */
export function comparisonsIn(expression: Expression | undefined): readonly Comparison[] {
  if (!expression) return [];
  const found =
    compared.get(expression.node) ??
    nodesBelow(expression).flatMap(([kind, node]) => (kind === 'A_Expr' ? [comparisonOf(node)] : []));
  compared.set(expression.node, found);
  return found;
}

export function comparisonOf(node: Expression['node']): Comparison {
  return {
    kind: String(node['kind']),
    operator: namesOf(node['name']).at(-1) ?? '',
    left: expressionOf(node['lexpr']),
    right: expressionOf(node['rexpr']),
  };
}

/** An expression without the casts around it. */
export function withoutCasts(expression: Expression | undefined): Expression | undefined {
  return expression?.kind === 'TypeCast' ? withoutCasts(expressionOf(expression.node['arg'])) : expression;
}

/** The last name of a column, without casts. */
export function columnName(expression: Expression | undefined): string | undefined {
  const inner = withoutCasts(expression);
  return inner?.kind === 'ColumnRef' ? namesOf(inner.node['fields']).at(-1) : undefined;
}

/** The text of a constant; numbers too. */
export function constantText(expression: Expression | undefined): string | undefined {
  const inner = withoutCasts(expression);
  if (inner?.kind !== 'A_Const') return undefined;
  const { ival, fval } = inner.node as { ival?: { ival?: number }; fval?: { fval?: string } };
  return textOf(inner) ?? (ival ? String(ival.ival ?? 0) : fval?.fval);
}

/** The expression in a sub-select that reads no table, and others as they are. */
export function unwrapped(expression: Expression | undefined): Expression | undefined {
  const inner = withoutCasts(expression);
  if (inner?.kind !== 'SubLink' || inner.node['subLinkType'] !== 'EXPR_SUBLINK') return inner;
  const select = expressionOf(inner.node['subselect']);
  const [target] = expressionsOf(select?.node['fromClause'] === undefined ? select?.node['targetList'] : undefined);
  return target ? unwrapped(expressionOf(target.node['val'])) : inner;
}

/** Parse nodes of an expression: its own first, then those below it. */
export function nodesBelow(
  expression: Expression | undefined,
): readonly (readonly [kind: string, node: Expression['node']])[] {
  if (!expression) return [];
  const [, ...below] = listNodes(expression.node);
  return [[expression.kind, expression.node], ...below];
}
