import type { FoundRelation } from '../database/found.ts';
import type { ClaimFunctions, ReadClaim } from './claim-expression.ts';
import {
  castType,
  expressionOf,
  expressionsOf,
  namesOf,
  type Expression,
} from '../../postgres/expressions/parse-expression.ts';

/** Context in which a condition is read. */
export interface ProposalContext {
  /** The table of the policy. */
  readonly relation: FoundRelation;
  /** True for a restrictive policy. */
  readonly restrictive: boolean;
  /** The role of the request: a token names it, so conditions on it are known. */
  readonly role: string;
  readonly functions: ClaimFunctions;
  /** Exposed schemas, of which names of the first one go without it. */
  readonly exposed: readonly string[];
  /** A table by its full name. */
  readonly tableOf: (name: string) => FoundRelation | undefined;
  /** Tests if requests of the role see all rows of a table whose column is the claim. */
  readonly seesOwn: (table: FoundRelation, member: string, claim: ReadClaim) => boolean;
}

/** Both sides of `a = b`. */
export function comparison({ kind, node }: Expression): readonly [Expression, Expression] | undefined {
  if (kind !== 'A_Expr' || node['kind'] !== 'AEXPR_OP' || namesOf(node['name']).at(-1) !== '=') return undefined;
  const [left, right] = [expressionOf(node['lexpr']), expressionOf(node['rexpr'])];
  return left && right && [left, right];
}

/** The column of the policy's table that an expression is; the table may stand before it. */
export function columnOf(expression: Expression | undefined, { name: table }: FoundRelation): string | undefined {
  if (expression?.kind === 'TypeCast' && castType(expression.node) === 'text') {
    // Postgres compares a varchar as text.
    return columnOf(expressionOf(expression.node['arg']), { name: table } as FoundRelation);
  }
  if (expression?.kind !== 'ColumnRef') return undefined;
  const names = namesOf(expression.node['fields']);
  return names.length === 1 || names.at(-2) === table ? names.at(-1) : undefined;
}

/** `left IN (SELECT ...)`, `left = ANY (SELECT ...)` and `left = ANY (ARRAY(SELECT ...))`. */
export function anyOf({ kind, node }: Expression): { left: Expression; select: Expression } | undefined {
  if (kind === 'SubLink' && node['subLinkType'] === 'ANY_SUBLINK') {
    const operator = namesOf(node['operName']).at(-1) ?? '=';
    const [left, select] = [expressionOf(node['testexpr']), expressionOf(node['subselect'])];
    return operator === '=' && left && select ? { left, select } : undefined;
  }
  if (kind !== 'A_Expr' || node['kind'] !== 'AEXPR_OP_ANY' || namesOf(node['name']).at(-1) !== '=') return undefined;
  const [left, array] = [expressionOf(node['lexpr']), expressionOf(node['rexpr'])];
  const select =
    array?.kind === 'SubLink' && array.node['subLinkType'] === 'ARRAY_SUBLINK'
      ? expressionOf(array.node['subselect'])
      : undefined;
  return left && select && { left, select };
}

/** The parts of `a AND b`, or the condition itself. */
export function conjuncts(condition: Expression): Expression[] {
  if (condition.kind !== 'BoolExpr' || condition.node['boolop'] !== 'AND_EXPR') return [condition];
  return expressionsOf(condition.node['args']).flatMap(conjuncts);
}

type FixedValue = readonly [column: string, value: string | number | boolean | null];

export function fixedValue(part: Expression, relation: FoundRelation): FixedValue | undefined {
  const column = columnOf(part, relation);
  if (column !== undefined) return [column, true];
  if (part.kind === 'BoolExpr' && part.node['boolop'] === 'NOT_EXPR') {
    const negated = columnOf(expressionsOf(part.node['args'])[0], relation);
    return negated === undefined ? undefined : [negated, false];
  }
  if (part.kind === 'NullTest' && part.node['nulltesttype'] === 'IS_NULL') {
    const empty = columnOf(expressionOf(part.node['arg']), relation);
    return empty === undefined ? undefined : [empty, null];
  }
  if (part.kind === 'BooleanTest' && /^IS_(TRUE|FALSE)$/.test(String(part.node['booltesttype']))) {
    const tested = columnOf(expressionOf(part.node['arg']), relation);
    return tested === undefined ? undefined : [tested, part.node['booltesttype'] === 'IS_TRUE'];
  }
  const sides = comparison(part);
  if (!sides) return undefined;
  const compared = sides.map((side) => columnOf(side, relation)).find((name) => name !== undefined);
  const value = sides.map(constantOf).find((constant) => constant !== undefined);
  return compared === undefined || value === undefined ? undefined : [compared, value];
}

/** The value of a constant, with or without a cast. */
export function constantOf(expression: Expression | undefined): string | number | boolean | undefined {
  if (expression?.kind === 'TypeCast') return constantOf(expressionOf(expression.node['arg']));
  if (expression?.kind !== 'A_Const') return undefined;
  const { sval, ival, boolval, fval } = expression.node as {
    sval?: { sval?: string };
    ival?: { ival?: number };
    boolval?: { boolval?: boolean };
    fval?: { fval?: string };
  };
  if (sval) return sval.sval ?? '';
  if (ival) return ival.ival ?? 0;
  if (boolval) return boolval.boolval ?? false;
  return fval?.fval;
}

/** A path as it is written: one name stands alone. */
export function writtenPath({ path }: ReadClaim): string | readonly string[] {
  return path.length === 1 ? path[0]! : path;
}
