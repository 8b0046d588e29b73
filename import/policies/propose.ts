import { claimOf, type ClaimFunctions } from './claim-expression.ts';
import { claimTypeOf } from './column-types.ts';
import {
  anyOf,
  columnOf,
  comparison,
  conjuncts,
  constantOf,
  fixedValue,
  writtenPath,
  type ProposalContext,
} from './condition-parts.ts';
import { expressionsOf, namesOf, type Expression } from '../../postgres/expressions/parse-expression.ts';
import { proposeMembership } from './propose-membership.ts';
import { ALL_ROWS, type Template } from './template.ts';

/** Templates that may give the same rows, one of which is enough (of a restrictive policy: all of them); none for no row. */
export type Proposal = readonly Template[] | undefined;

/** Proposes templates for a condition; whether they are equal shows the server. */
export function propose(condition: Expression, context: ProposalContext): Proposal {
  const known = withoutRole(condition, context);
  if (known === true) return [ALL_ROWS];
  if (known === false) return [];
  const splitsBy = context.restrictive ? 'AND_EXPR' : 'OR_EXPR';
  const single = one(known, context);
  if (single) return [single];
  if (known.kind !== 'BoolExpr' || known.node['boolop'] !== splitsBy) return undefined;
  const parts = expressionsOf(known.node['args']).map((part) => one(part, context));
  return parts.every((part) => part !== undefined) ? parts : undefined;
}

function one(condition: Expression, context: ProposalContext): Template | undefined {
  return (
    ownRows(condition, context) ??
    claimList(condition, context) ??
    proposeMembership(condition, context) ??
    publicRows(condition, context) ??
    validBetween(condition)
  );
}

/** Replaces what is known of the role: `auth.role() = 'authenticated'` is true or false for each role. */
function withoutRole(condition: Expression, context: ProposalContext): Expression | boolean {
  const { kind, node } = condition;
  const constant = constantOf(condition);
  if (typeof constant === 'boolean') return constant;
  const compared = comparison(condition);
  if (compared) {
    const [left, right] = compared;
    const claim = [left, right].find((side) => claimOf(side, context.functions)?.path.join() === 'role');
    const value = claim && constantOf(claim === left ? right : left);
    if (typeof value === 'string') return value === context.role;
  }
  if (kind !== 'BoolExpr' || node['boolop'] === 'NOT_EXPR') return condition;
  const deciding = node['boolop'] === 'OR_EXPR';
  const parts = expressionsOf(node['args']).map((part) => withoutRole(part, context));
  if (parts.includes(deciding)) return deciding;
  const open = parts.filter((part) => typeof part !== 'boolean');
  if (open.length === 0) return !deciding;
  if (open.length === 1) return open[0]!;
  return { kind, node: { ...node, args: open.map((part) => ({ [part.kind]: part.node })) } };
}

function ownRows(condition: Expression, { relation, restrictive, functions }: ProposalContext): Template | undefined {
  const sides = comparison(condition);
  if (!sides) return undefined;
  const column = sides.map((side) => columnOf(side, relation)).find((name) => name !== undefined);
  const claim = sides.map((side) => claimOf(side, functions)).find((read) => read !== undefined);
  const type = column === undefined ? undefined : claimTypeOf(relation, column);
  if (column === undefined || !claim || type === undefined) return undefined;
  return { kind: restrictive ? 'tenant' : 'own-rows', column, claim: writtenPath(claim), type };
}

/** `column = ANY (ARRAY(SELECT json_array_elements_text(claims -> 'regions')))`, and `IN (SELECT ...)`. */
function claimList(condition: Expression, { relation, functions }: ProposalContext): Template | undefined {
  const found = anyOf(condition);
  const column = found && columnOf(found.left, relation);
  const type = column === undefined ? undefined : claimTypeOf(relation, column);
  if (!found || column === undefined || type === undefined) return undefined;
  const path = listPath(found.select, functions);
  return path && { kind: 'claim-list', column, claim: writtenPath({ path }), type };
}

function listPath({ node }: Expression, functions: ClaimFunctions): readonly string[] | undefined {
  const calls = JSON.stringify(node).includes('_array_elements_text');
  if (!calls) return undefined;
  return findCall(node, (call) => {
    if (!/^jsonb?_array_elements_text$/.test(namesOf(call['funcname']).at(-1) ?? '')) return undefined;
    const read = expressionsOf(call['args'])[0];
    const claim =
      read && claimOf({ kind: 'A_Expr', node: { ...read.node, name: [{ String: { sval: '->>' } }] } }, functions);
    return claim?.path;
  });
}

function findCall<Found>(tree: unknown, read: (call: Expression['node']) => Found | undefined): Found | undefined {
  if (typeof tree !== 'object' || tree === null) return undefined;
  for (const [key, value] of Object.entries(tree)) {
    const found = (key === 'FuncCall' ? read(value as Expression['node']) : undefined) ?? findCall(value, read);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Columns with fixed values, all of which count. */
function publicRows(condition: Expression, { relation }: ProposalContext): Template | undefined {
  const where: Record<string, string | number | boolean | null> = {};
  for (const part of conjuncts(condition)) {
    const found = fixedValue(part, relation);
    if (!found || Object.hasOwn(where, found[0])) return undefined;
    where[found[0]] = found[1];
  }
  return { kind: 'public-rows', where };
}

/** `(from IS NULL OR from <= now()) AND (until IS NULL OR now() < until)`. */
function validBetween(condition: Expression): Template | undefined {
  const bounds: { from?: string; until?: string } = {};
  for (const part of conjuncts(condition)) {
    const text = JSON.stringify(part.node);
    const [column] = [
      ...text.matchAll(
        /"ColumnRef":\{"fields":\[(?:\{"String":\{"sval":"[^"]*"\}\},)?\{"String":\{"sval":("[^"]*")\}\}\]/g,
      ),
    ].map(([, name]) => JSON.parse(name!) as string);
    if (
      column === undefined ||
      !/"sval":"(now|statement_timestamp|transaction_timestamp)"|CURRENT_TIMESTAMP/.test(text)
    )
      return undefined;
    // Which of the two it is shows the server.
    const side = lowerBound(part) ? 'from' : 'until';
    if (bounds[side] !== undefined) return undefined;
    bounds[side] = column;
  }
  return bounds.from === undefined && bounds.until === undefined ? undefined : { kind: 'valid-between', ...bounds };
}

/** Tests if a part asks that the column lies before now: `from <= now()` or `now() >= from`. */
function lowerBound(part: Expression): boolean {
  const parts = part.kind === 'BoolExpr' ? expressionsOf(part.node['args']) : [part];
  return parts.some(({ node }) => {
    const operator = namesOf(node['name']).at(-1) ?? '';
    const columnFirst = JSON.stringify(node['lexpr'] ?? '').includes('"ColumnRef"');
    return columnFirst ? operator.startsWith('<') : operator.startsWith('>');
  });
}
