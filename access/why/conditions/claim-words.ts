import { namesIn } from '../../../postgres/catalog/body-names.ts';
import type { Anywhere } from '../../../audit/anywhere/anywhere.ts';
import { claimOf, claimsOf, claimSources, type ClaimSources } from '../../../audit/anywhere/conditions/claim-of.ts';
import { nodesBelow } from '../../../audit/anywhere/conditions/comparisons.ts';
import type { FunctionTexts } from '../../../audit/anywhere/conditions/claim-readers.ts';
import { namesOf, parseExpression } from '../../../postgres/expressions/parse-expression.ts';

/** Paths of the claims that an expression reads by constant names: `[['user_id']]`. */
export async function claimPaths(sql: string, sources: ClaimSources): Promise<readonly (readonly string[])[]> {
  const found = new Map<string, readonly string[]>();
  const add = (path: readonly string[] | undefined) => path && path.length > 0 && found.set(JSON.stringify(path), path);
  for (const [kind, node] of nodesBelow(await parseExpression(sql))) {
    if (kind !== 'FuncCall' && kind !== 'A_Expr') continue;
    add((claimOf({ kind, node }, sources) ?? claimsOf({ kind, node }, sources))?.path);
  }
  // `claims -> 'a' ->> 'b'` has `claims -> 'a'` inside.
  const paths = [...found.values()];
  return paths.filter(
    (path) => !paths.some((other) => other.length > path.length && path.every((name, i) => other[i] === name)),
  );
}

/** SQL with a claim by its name where it is nothing else: `claim user_id`. */
export async function inWords(sql: string, { texts, conditions }: Anywhere): Promise<string> {
  const [path, ...others] = await claimPaths(sql, claimSources({ texts, conditions }));
  if (path && others.length === 0 && (await isOneValue(sql))) return `claim ${path.join('.')}`;
  // What policies of lists and memberships are compared with.
  const [, called, , , read] = MEMBERS.exec(sql) ?? [];
  const call = called ?? read;
  return call === undefined ? sql : readsOf(call, texts);
}

const NAME = '(?:"[^"]+"|\\w+)';
const CALL = `((?:${NAME}\\.)?${NAME}\\([^()]*\\))`;
/** All that a function returns: `ARRAY(SELECT f() AS name)` or `ARRAY(SELECT r.name FROM f() r(name))`. */
const MEMBERS = new RegExp(
  `^ARRAY\\(\\s*SELECT (?:${CALL} AS ${NAME}|(${NAME})\\.(${NAME})\\s+FROM ${CALL} \\2\\(\\3\\))\\)$`,
  'is',
);

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
