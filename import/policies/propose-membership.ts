import type { FoundRelation } from '../database/found.ts';
import { claimOf, type ReadClaim } from './claim-expression.ts';
import { claimTypeOf } from './column-types.ts';
import { expressionOf, expressionsOf, namesOf, type Expression } from '../../postgres/expressions/parse-expression.ts';
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
import { writtenName } from '../project/written-name.ts';
import type { Template } from './template.ts';

type Where = Record<string, string | number | boolean | readonly string[]>;

/** Parts of the WHERE of a query of memberships. */
interface Memberships {
  readonly table: FoundRelation;
  readonly member: string;
  readonly claim: ReadClaim;
  /** Columns on both sides of `members.project_id = documents.project_id`. */
  readonly joined?: { readonly key: string; readonly column: string };
  readonly where: Where;
}

/**
 * `column IN (SELECT key FROM members WHERE member = claim)`, and `EXISTS (SELECT FROM members WHERE key = column AND ...)`. The
 * template reads every membership of the subject, so the query has to see them all as well.
 */
export function proposeMembership(condition: Expression, context: ProposalContext): Template | undefined {
  const { relation } = context;
  const any = anyOf(condition);
  const select = any?.select ?? existing(condition);
  const found = select && membershipsOf(select, context);
  if (!found) return undefined;
  const column = any ? columnOf(any.left, relation) : found.joined?.column;
  const key = any ? selectedColumn(select, found.table) : found.joined?.key;
  if (column === undefined || key === undefined || (any && found.joined)) return undefined;
  const type = claimTypeOf(relation, column);
  const memberType = claimTypeOf(found.table, found.member);
  if (type === undefined || memberType === undefined) return undefined;
  if (!context.seesOwn(found.table, found.member, found.claim)) return undefined;
  const { schema, name } = found.table;
  return {
    kind: 'membership',
    column,
    type,
    claim: writtenPath(found.claim),
    memberType,
    through: {
      table: writtenName({ schema, name }, context.exposed),
      key,
      member: found.member,
      ...(Object.keys(found.where).length > 0 && { where: found.where }),
    },
  };
}

function existing({ kind, node }: Expression): Expression | undefined {
  return kind === 'SubLink' && node['subLinkType'] === 'EXISTS_SUBLINK' ? expressionOf(node['subselect']) : undefined;
}

function membershipsOf({ node }: Expression, context: ProposalContext): Memberships | undefined {
  const from = expressionsOf(node['fromClause']);
  const [range] = from;
  if (from.length !== 1 || range?.kind !== 'RangeVar') return undefined;
  const { schemaname, relname, alias } = range.node as {
    schemaname?: string;
    relname: string;
    alias?: { aliasname: string };
  };
  const table = context.tableOf(`${schemaname}.${relname}`);
  const where = expressionOf(node['whereClause']);
  if (!table || !where) return undefined;
  // In the query, columns have the name that the table has there.
  const inside = { ...table, name: alias?.aliasname ?? relname };
  let member: { column: string; claim: ReadClaim } | undefined;
  let joined: Memberships['joined'];
  const fixed: Where = {};
  for (const part of conjuncts(where)) {
    const own = memberIn(part, inside, context);
    const join = joinIn(part, inside, context.relation);
    const list = listIn(part, inside);
    const value = fixedValue(part, inside);
    if (own && !member) member = own;
    else if (join && !joined) joined = join;
    else if (list) fixed[list[0]] = list[1];
    else if (value && value[1] !== null) fixed[value[0]] = value[1];
    else return undefined;
  }
  return member && { table, member: member.column, claim: member.claim, ...(joined && { joined }), where: fixed };
}

function memberIn(part: Expression, inside: FoundRelation, { functions }: ProposalContext) {
  const sides = comparison(part);
  const column = sides?.map((side) => columnOf(side, inside)).find((name) => name !== undefined);
  const claim = sides?.map((side) => claimOf(side, functions)).find((read) => read !== undefined);
  return column !== undefined && claim ? { column, claim } : undefined;
}

function joinIn(part: Expression, inside: FoundRelation, outside: FoundRelation): Memberships['joined'] {
  const sides = comparison(part);
  if (!sides) return undefined;
  const of = (side: Expression, { name }: FoundRelation) => {
    const names = side.kind === 'ColumnRef' ? namesOf(side.node['fields']) : [];
    return names.length > 1 && names.at(-2) === name ? names.at(-1) : undefined;
  };
  const [left, right] = sides;
  const key = of(left, inside) ?? of(right, inside);
  const column = of(left, outside) ?? of(right, outside);
  return key !== undefined && column !== undefined ? { key, column } : undefined;
}

/** `role = ANY (ARRAY['owner', 'editor'])`. */
function listIn({ kind, node }: Expression, inside: FoundRelation): readonly [string, readonly string[]] | undefined {
  if (kind !== 'A_Expr' || node['kind'] !== 'AEXPR_OP_ANY' || namesOf(node['name']).at(-1) !== '=') return undefined;
  const column = columnOf(expressionOf(node['lexpr']), inside);
  let array = expressionOf(node['rexpr']);
  if (array?.kind === 'TypeCast') array = expressionOf(array.node['arg']);
  if (column === undefined || array?.kind !== 'A_ArrayExpr') return undefined;
  const values = expressionsOf(array.node['elements']).map(constantOf);
  return values.every((value) => value !== undefined) ? [column, values.map(String)] : undefined;
}

function selectedColumn({ node }: Expression, table: FoundRelation): string | undefined {
  const [only, ...others] = (node['targetList'] ?? []) as { ResTarget: { val?: unknown } }[];
  const names = others.length === 0 ? namesOf(expressionOf(only?.ResTarget.val)?.node['fields']) : [];
  const column = names.at(-1);
  return table.columns.some(({ name }) => name === column) ? column : undefined;
}
