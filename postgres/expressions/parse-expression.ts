import { parseSql } from '../parse-sql.ts';
import type { Node } from './walk.ts';

/** A node of an expression: its kind, and what it holds. */
export interface Expression {
  readonly kind: string;
  readonly node: Node;
}

const BEFORE = 'SELECT ';

/** Parses one expression, as Postgres shows it; locations in it count from its own beginning plus {@link EXPRESSION_START}. */
export async function parseExpression(sql: string): Promise<Expression | undefined> {
  const [statement] = await parseSql({ file: 'condition', sql: `${BEFORE}${sql}` });
  return statement && targetOf(statement.node);
}

export const EXPRESSION_START = BEFORE.length;

/** The only value of a SELECT that reads no table. */
export function targetOf(select: Node): Expression | undefined {
  const [only, ...others] = (select['targetList'] ?? []) as { ResTarget: { val?: unknown } }[];
  if (!only || others.length > 0 || select['op'] !== 'SETOP_NONE') return undefined;
  return expressionOf(only.ResTarget.val);
}

/** Takes `{ Kind: {...} }` apart. */
export function expressionOf(value: unknown): Expression | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const [entry] = Object.entries(value as Record<string, Node>);
  return entry && { kind: entry[0], node: entry[1] };
}

/** Expressions in a list of nodes. */
export function expressionsOf(list: unknown): Expression[] {
  return ((list ?? []) as unknown[]).flatMap((item) => expressionOf(item) ?? []);
}

/** Texts of a list of names. */
export function namesOf(list: unknown): string[] {
  return ((list ?? []) as { String?: { sval?: string } }[]).map(({ String: name }) => name?.sval ?? '');
}

/** The text of a constant, with or without a cast to a type of text. */
export function textOf(expression: Expression | undefined): string | undefined {
  const inner = expression?.kind === 'TypeCast' ? expressionOf(expression.node['arg']) : expression;
  const { sval } = (inner?.kind === 'A_Const' ? inner.node : {}) as { sval?: { sval?: string } };
  return sval && (sval.sval ?? '');
}

/** The name of the type that a cast names, without pg_catalog. */
export function castType(node: Node): string {
  return namesOf((node['typeName'] as Node)['names'])
    .filter((name) => name !== 'pg_catalog')
    .join('.');
}

/** A sub-select that computes one value from no table. */
export function bareSelect({ kind, node }: Expression): Expression | undefined {
  if (kind !== 'SubLink' || node['subLinkType'] !== 'EXPR_SUBLINK') return undefined;
  const select = expressionOf(node['subselect']);
  if (select?.kind !== 'SelectStmt' || select.node['fromClause'] !== undefined) return undefined;
  return select.node['whereClause'] === undefined ? targetOf(select.node) : undefined;
}
