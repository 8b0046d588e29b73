import type { FoundFunction } from '../database/found.ts';
import { parseSql } from '../../postgres/parse-sql.ts';
import { SecuredPostgrestError } from '../../errors/secured-postgrest-error.ts';
import { shownName } from '../project/written-name.ts';
import { targetOf, type Expression } from '../../postgres/expressions/parse-expression.ts';

/** Functions without arguments whose body is one expression, such as `auth.uid()`. */
export async function expressionFunctions(
  functions: readonly FoundFunction[],
): Promise<ReadonlyMap<string, Expression>> {
  const plain = functions.filter(({ language, arguments: types }) => language === 'sql' && types.length === 0);
  const found = await Promise.all(plain.map(async (fn) => [shownName(fn), await bodyOf(fn)] as const));
  return new Map(found.flatMap(([name, body]) => (body ? [[name, body] as const] : [])));
}

async function bodyOf({ body, returns }: FoundFunction): Promise<Expression | undefined> {
  const statements = await parseSql({ file: 'function', sql: body }).catch((error: unknown) => {
    if (error instanceof SecuredPostgrestError) return [];
    throw error;
  });
  const [only] = statements;
  if (!only || statements.length > 1 || only.kind !== 'SelectStmt' || only.node['fromClause'] !== undefined)
    return undefined;
  const expression = targetOf(only.node);
  // The function converts the value of its body to its own type.
  return (
    expression && {
      kind: 'TypeCast',
      node: { arg: { [expression.kind]: expression.node }, typeName: { names: [{ String: { sval: returns } }] } },
    }
  );
}
