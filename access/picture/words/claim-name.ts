import type { Anywhere } from '../../../audit/anywhere/anywhere.ts';
import { claimOf, claimsOf, claimSources } from '../../../audit/anywhere/conditions/claim-of.ts';
import { comparisonOf, nodesBelow, unwrapped } from '../../../audit/anywhere/conditions/comparisons.ts';
import { expressionsOf, namesOf, textOf, type Expression } from '../../../postgres/expressions/parse-expression.ts';

/** Functions call functions, and some themselves. */
const DEEPEST = 5;

/** The path of the claim that an expression reads: `app_metadata.tenant`; undefined for one that reads none, or none that is known. */
export function claimName(expression: Expression | undefined, audited: Anywhere): string | undefined {
  const path = pathOf(expression, audited, 0);
  return path === undefined || path.length === 0 ? undefined : path.join('.');
}

function pathOf(expression: Expression | undefined, audited: Anywhere, depth: number): readonly string[] | undefined {
  const inner = unwrapped(expression);
  if (!inner || depth > DEEPEST) return undefined;
  const sources = claimSources(audited);
  const known = claimOf(inner, sources) ?? claimsOf(inner, sources);
  if (known) return known.path;
  const again = (part: Expression | undefined) => pathOf(part, audited, depth + 1);
  if (inner.kind === 'A_Expr') return again(comparisonOf(inner.node).left);
  if (inner.kind === 'FuncCall') return callPath(inner, audited, again);
  const parts = expressionsOf(inner.node['args']);
  return parts.map(again).find((path) => path !== undefined);
}

/** A call that is not all that it reads: of a function that changes the claim, or that computes it from several. */
function callPath(
  { node }: Expression,
  { texts, conditions }: Anywhere,
  again: (part: Expression | undefined) => readonly string[] | undefined,
): readonly string[] | undefined {
  const names = namesOf(node['funcname']);
  const [schema, name = ''] = names.length > 1 ? names.slice(-2) : [undefined, names[0]];
  const args = expressionsOf(node['args']);
  if (texts.named(schema, name).some((fn) => texts.readsRequest(fn))) {
    const given = args.flatMap(constantsIn);
    if (given.length > 0) return given;
    const path = again(conditions.bodyOf(schema, name));
    if (path !== undefined) return path;
    if (args.length === 0) return [`${name}()`];
  }
  return args.map(again).find((path) => path !== undefined);
}

/** Texts in an argument, such as those of an array. */
function constantsIn(argument: Expression): string[] {
  return nodesBelow(argument).flatMap(([kind, node]) => (kind === 'A_Const' ? (textOf({ kind, node }) ?? []) : []));
}
