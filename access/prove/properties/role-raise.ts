import { membershipTable } from '../../../declaration/membership-table.ts';
import type { ClaimPath, Command, Declaration, Table } from '../../../declaration/types.ts';
import type { SurveyedRelation } from '../../../audit/anywhere/survey.ts';
import type { QualifiedName } from '../../../postgres/qualified-name.ts';
import { quoteIdentifier } from '../../../postgres/quote.ts';
import type { Property } from '../property.ts';
import { claimSql } from './claim-sql.ts';
import { hasAllRows } from './declared-policies.ts';

/** Names of columns that say what an account may do. */
const ROLE_COLUMN = /^(?:roles?|is_?admin|admin|superuser|is_?staff|permissions?|privileges?|scopes?)$/i;

/**
 * The property that a member gives itself no other role: of its own row in a membership table it writes neither what decides
 * nor whose row it is, nor the role of its own account. Roles that are declared to reach all rows are administrators.
 */
export function roleRaiseProperties(
  declaration: Declaration,
  table: Table,
  relation: Pick<SurveyedRelation, 'columns'>,
): Property[] {
  const uses = membershipsBy(declaration).get(keyOf(table)) ?? [];
  return [
    ...uses.flatMap(({ member, claim, type, columns }) => {
      const only = notOwn(member, claim, type);
      return [
        property(declaration, table, 'insert', only, undefined),
        property(declaration, table, 'update', only, columns),
      ];
    }),
    ...accountsIn(table, relation, uses.length > 0).flatMap(({ column, claim, type, columns }) =>
      (['insert', 'update'] as const).map((command) =>
        property(declaration, table, command, notOwn(column, claim, type), columns),
      ),
    ),
  ].filter(({ roles }) => roles.length > 0);
}

interface OwnMembership {
  readonly member: string;
  readonly claim: ClaimPath;
  readonly type: string;
  /** Columns that decide of what, and as what, the row makes a member. */
  readonly columns: readonly string[];
}

const known = new WeakMap<Declaration, ReadonlyMap<string, OwnMembership[]>>();

/** Uses of each membership table, found once: one for each column and claim of the member. */
function membershipsBy(declaration: Declaration): ReadonlyMap<string, OwnMembership[]> {
  const found = known.get(declaration) ?? findMemberships(declaration);
  known.set(declaration, found);
  return found;
}

function findMemberships(declaration: Declaration): ReadonlyMap<string, OwnMembership[]> {
  const byTable = new Map<string, Map<string, OwnMembership>>();
  for (const { input } of declaration.tables.flatMap(({ policies }) => policies)) {
    if (input.kind !== 'membership') continue;
    const table = keyOf(membershipTable(input, declaration));
    const found = byTable.get(table) ?? new Map<string, OwnMembership>();
    byTable.set(table, found);
    const { member, key, where = {} } = input.through;
    const id = JSON.stringify([member, input.claim, input.memberType]);
    const columns = new Set([...(found.get(id)?.columns ?? []), ...Object.keys(where), key, member]);
    found.set(id, { member, claim: input.claim, type: input.memberType, columns: [...columns] });
  }
  return new Map([...byTable].map(([table, found]) => [table, [...found.values()]]));
}

function keyOf({ schema, name }: QualifiedName): string {
  return JSON.stringify([schema, name]);
}

/** Accounts: a table with own rows and a column of roles. */
function accountsIn({ policies }: Table, { columns }: Pick<SurveyedRelation, 'columns'>, isMembership: boolean) {
  const roles = columns.map(({ name }) => name).filter((name) => ROLE_COLUMN.test(name));
  if (isMembership || roles.length === 0) return [];
  const own = policies.map(({ input }) => input).filter((input) => input.kind === 'own-rows');
  const distinct = new Map(own.map((input) => [JSON.stringify([input.column, input.claim, input.type]), input]));
  return [...distinct.values()].map(({ column, claim, type }) => ({ column, claim, type, columns: roles }));
}

function notOwn(column: string, claim: ClaimPath, type: string): string {
  return `${quoteIdentifier(column)} IS DISTINCT FROM ${claimSql(claim, type)}`;
}

function property(
  declaration: Declaration,
  table: Table,
  command: Command,
  only: string,
  columns: readonly string[] | undefined,
): Property {
  const roles = declaration.users
    .map(({ name }) => name)
    .filter((name) => !hasAllRows(declaration, table, name, command));
  return {
    name: 'role-raise',
    words: `no member ${command === 'insert' ? 'inserts a row of its own into' : `updates ${(columns ?? []).join(', ')} of its own row in`} ${table.name}`,
    roles,
    relation: { schema: table.schema, name: table.name },
    commands: [command],
    ...(columns && { columns }),
    only,
  };
}
