import type { SurveyedRelation } from '../../audit/anywhere/survey.ts';
import { expressionOf, expressionsOf, namesOf } from '../../postgres/expressions/parse-expression.ts';
import type { Node } from '../../postgres/expressions/walk.ts';
import { parseSql } from '../../postgres/parse-sql.ts';

/**
 * Finds the column of a table that each column of a view is, where it is nothing else: `id` for `SELECT p.id AS project_id
 * FROM projects AS p`. Empty for a view that reads the table in another way than by its own FROM.
 */
export async function columnsOfTable(
  view: SurveyedRelation,
  table: SurveyedRelation,
): Promise<ReadonlyMap<string, string>> {
  const [query] = await parseSql({ file: 'view', sql: view.definition ?? 'SELECT' });
  const node = query?.kind === 'SelectStmt' ? query.node : {};
  const alias = aliasOf(node['fromClause'], table);
  if (alias === undefined || node['op'] !== 'SETOP_NONE') return new Map();
  const isOnly = view.reads.length === 1;
  return new Map(
    expressionsOf(node['targetList']).flatMap(({ node: target }): [string, string][] => {
      const value = expressionOf(target['val']);
      const names = value?.kind === 'ColumnRef' ? namesOf(value.node['fields']) : [];
      const column = names.at(-1);
      if (column === undefined || (names.length === 1 ? !isOnly : names.at(-2) !== alias)) return [];
      return [[(target['name'] as string | undefined) ?? column, column]];
    }),
  );
}

/** Name of the table in a FROM; undefined where it is not in it exactly once. */
function aliasOf(from: unknown, { schema, name }: SurveyedRelation): string | undefined {
  const found = expressionsOf(from)
    .flatMap(tablesIn)
    .filter(({ schemaname, relname }) => relname === name && (schemaname ?? schema) === schema);
  const [only] = found;
  if (found.length !== 1 || !only) return undefined;
  return ((only['alias'] as Node | undefined)?.['aliasname'] as string | undefined) ?? name;
}

function tablesIn({ kind, node }: { readonly kind: string; readonly node: Node }): Node[] {
  if (kind === 'RangeVar') return [node];
  if (kind !== 'JoinExpr') return [];
  return [node['larg'], node['rarg']].flatMap((side) => {
    const inner = expressionOf(side);
    return inner ? tablesIn(inner) : [];
  });
}
