import { namesIn } from '../../../postgres/catalog/body-names.ts';
import {
  comparisonOf,
  constantText,
  nodesBelow,
  withoutCasts,
} from '../../../audit/anywhere/conditions/comparisons.ts';
import type { FunctionTexts } from '../../../audit/anywhere/conditions/claim-readers.ts';
import {
  expressionOf,
  expressionsOf,
  namesOf,
  parseExpression,
  textOf,
  type Expression,
} from '../../../postgres/expressions/parse-expression.ts';

/** Paths of the claims that an expression reads by constant names: `[['user_id']]`. */
export async function claimPaths(sql: string, texts: FunctionTexts): Promise<readonly (readonly string[])[]> {
  const found = new Map<string, readonly string[]>();
  const add = (path: readonly string[] | undefined) => path && path.length > 0 && found.set(JSON.stringify(path), path);
  for (const [kind, node] of nodesBelow(await parseExpression(sql))) {
    if (kind === 'FuncCall') add(pathOfCall(node, texts));
    if (kind === 'A_Expr') add(pathOfOperator({ kind, node }));
  }
  // `claims -> 'a' ->> 'b'` has `claims -> 'a'` inside.
  const paths = [...found.values()];
  return paths.filter(
    (path) => !paths.some((other) => other.length > path.length && path.every((name, i) => other[i] === name)),
  );
}

/** SQL with a claim by its name where it is nothing else: `claim user_id`. */
export async function inWords(sql: string, texts: FunctionTexts): Promise<string> {
  const [path, ...others] = await claimPaths(sql, texts);
  if (path && others.length === 0 && (await isOneValue(sql))) return `claim ${path.join('.')}`;
  // What policies of lists and memberships are compared with.
  const [, call, alias] = /^ARRAY\(\s*SELECT ([\w".]+\(.*\)) AS ([\w"]+)\)$/is.exec(sql) ?? [];
  return call === undefined || alias === undefined ? sql : readsOf(call, texts);
}

/** A call, with the tables that its function reads. */
function readsOf(call: string, texts: FunctionTexts): string {
  const [, schema, name = ''] = /^(?:"?(.*?)"?\.)?"?([^".(]+)"?\(/.exec(call) ?? [];
  const tables = texts.named(schema, name).flatMap((fn) => namesIn(texts.bodyOf(fn)).tables);
  const places = [
    ...new Set(tables.map((table) => (table.schema === undefined ? table.name : `${table.schema}.${table.name}`))),
  ];
  return places.length === 0 ? call : `${call} of ${places.join(', ')}`;
}

/** True for an expression that only reads and converts. */
async function isOneValue(sql: string): Promise<boolean> {
  return nodesBelow(await parseExpression(sql)).every(
    ([kind, node]) =>
      !['RangeVar', 'ColumnRef', 'BoolExpr', 'CaseExpr'].includes(kind) &&
      (kind !== 'A_Expr' || node['kind'] === 'AEXPR_NULLIF' || namesOf(node['name']).at(-1)?.startsWith('->') === true),
  );
}

/** `claim('a', 'b')`, of a function that reads claims. */
function pathOfCall(node: Expression['node'], texts: FunctionTexts): readonly string[] | undefined {
  const names = namesOf(node['funcname']);
  const [fn] = texts.named(names.length > 1 ? names.at(-2) : undefined, names.at(-1)!);
  if (!fn || !texts.readsClaims(fn)) return undefined;
  const values = expressionsOf(node['args']).flatMap((argument) => {
    const inner = withoutCasts(argument);
    return inner?.kind === 'A_ArrayExpr' ? expressionsOf(inner.node['elements']) : [argument];
  });
  const path = values.map((value) => constantText(value));
  return path.every((name) => name !== undefined) ? path : undefined;
}

/** `current_setting('request.jwt.claims')::json -> 'a' ->> 'b'`. */
function pathOfOperator(expression: Expression | undefined): readonly string[] | undefined {
  const inner = withoutCasts(expression);
  if (readsClaims(inner)) return [];
  if (inner?.kind !== 'A_Expr') return undefined;
  const { operator, left, right } = comparisonOf(inner.node);
  const name = constantText(right);
  const before = operator === '->' || operator === '->>' ? pathOfOperator(left) : undefined;
  return before && name !== undefined ? [...before, name] : undefined;
}

function readsClaims(expression: Expression | undefined): boolean {
  const inner = withoutCasts(expression);
  if (inner?.kind === 'CoalesceExpr') return readsClaims(expressionsOf(inner.node['args'])[0]);
  if (inner?.kind === 'A_Expr')
    return inner.node['kind'] === 'AEXPR_NULLIF' && readsClaims(expressionOf(inner.node['lexpr']));
  if (inner?.kind !== 'FuncCall' || namesOf(inner.node['funcname']).at(-1) !== 'current_setting') return false;
  return textOf(expressionsOf(inner.node['args'])[0]) === 'request.jwt.claims';
}

/** Columns without a table in an expression, other than in sub-selects. */
export async function columnsIn(sql: string, columns: ReadonlySet<string>, table: string): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const [kind, node] of nodesBelow(await parseExpression(sql))) {
    if (kind !== 'ColumnRef') continue;
    const names = namesOf(node['fields']);
    const name = names.at(-1) ?? '';
    if (columns.has(name) && (names.length === 1 || names.at(-2) === table)) found.add(name);
  }
  return [...found];
}
