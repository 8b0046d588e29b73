import type { Expression } from '../../../postgres/expressions/parse-expression.ts';
import { listNodes, type Node } from '../../../postgres/expressions/walk.ts';

/** Conditions of each SELECT of a query, joined by UNION and its like; undefined where it has none. */
export function queryFilters(select: Node): (Expression | undefined)[] {
  if (select['op'] === undefined || select['op'] === 'SETOP_NONE') return [filterOf(select)];
  // The parser gives these two without the kind that other nodes have.
  return [select['larg'], select['rarg']].flatMap((part) => queryFilters((part ?? {}) as Node));
}

/** All conditions of a SELECT, with those of its joins and of the queries in its FROM. */
function filterOf({ whereClause, fromClause, withClause }: Node): Expression | undefined {
  const inner = listNodes([fromClause, withClause]).flatMap(([, node]) => [node['whereClause'], node['quals']]);
  const args = [whereClause, ...inner].filter((part) => part !== undefined);
  return args.length === 0 ? undefined : { kind: 'BoolExpr', node: { boolop: 'AND_EXPR', args } };
}
