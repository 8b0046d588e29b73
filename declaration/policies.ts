import type {
  ClaimPath,
  ClaimType,
  ClaimValue,
  AllRowsPolicy,
  ClaimListPolicy,
  CustomPolicy,
  MembershipPolicy,
  MembershipTable,
  OwnRowsPolicy,
  PolicyCommon,
  PublicRowsPolicy,
  TenantPolicy,
  ValidBetweenPolicy,
} from './types.ts';

/**
 * Rows whose column equals a claim.
 *
 * @example
 * ownRows({ to: 'todos_user', column: 'user_id', claim: 'user_id', type: 'int' });
 */
export const ownRows = <Column extends string, Role extends string>(
  policy: Omit<OwnRowsPolicy<Column, Role>, 'kind'>,
): OwnRowsPolicy<Column, Role> => ({ kind: 'own-rows', ...policy });

/**
 * Rows of the tenant that the token names; most useful as a restrictive policy beside others.
 *
 * @example
 * tenant({ to: ['member', 'manager'], column: 'tenant_id', claim: 'tenant_id', type: 'uuid', restrictive: true });
 */
export const tenant = <Column extends string, Role extends string>(
  policy: Omit<TenantPolicy<Column, Role>, 'kind'>,
): TenantPolicy<Column, Role> => ({ kind: 'tenant', ...policy });

/**
 * Rows whose column is one of the values in a claim that holds a list. A claim that is no list holds nothing.
 *
 * @example
 * claimList({ to: 'auditor', for: 'select', column: 'region', claim: ['app_metadata', 'regions'], type: 'text' });
 */
export const claimList = <Column extends string, Role extends string>(
  policy: Omit<ClaimListPolicy<Column, Role>, 'kind'>,
): ClaimListPolicy<Column, Role> => ({
  kind: 'claim-list',
  ...policy,
});

/**
 * Rows that belong to something the token's subject is a member of, by a membership table.
 *
 * @example
 * membership({
 *   to: 'member', column: 'project_id', type: 'int', claim: 'user_id', memberType: 'int',
 *   through: { table: 'project_members', key: 'project_id', member: 'user_id' },
 * });
 */
export const membership = <Column extends string, Role extends string, const Through extends MembershipTable>(
  policy: Omit<MembershipPolicy<Column, Role, Through>, 'kind'>,
): MembershipPolicy<Column, Role, Through> => ({
  kind: 'membership',
  ...policy,
});

/**
 * Memberships in one table, described once, for the policies of many tables. `where` narrows a policy to some of them.
 *
 * @example
 * const inProject = membershipIn({
 *   table: 'project_members', key: 'project_id', type: 'int', member: 'user_id', claim: 'user_id', memberType: 'int',
 * });
 * const mayRead = inProject({ to: 'member', for: 'select', column: 'project_id' });
 * const mayWrite = inProject({ to: 'member', for: 'update', column: 'project_id', where: { role: ['editor', 'lead'] } });
 */
export const membershipIn =
  <const Table extends string, const Key extends string>({
    table,
    key,
    member,
    where: always,
    ...types
  }: MembershipsInput<Table, Key>) =>
  <Column extends string, Role extends string>({ where, ...policy }: MembershipInPolicy<Column, Role>) => {
    const narrowed = { ...always, ...where };
    const through = { table, key, member, ...(Object.keys(narrowed).length > 0 && { where: narrowed }) };
    return membership({ ...policy, ...types, through });
  };

interface MembershipsInput<Table extends string, Key extends string> extends Pick<
  MembershipPolicy,
  'type' | 'claim' | 'memberType'
> {
  readonly table: Table;
  readonly key: Key;
  readonly member: Key;
  readonly where?: NonNullable<MembershipTable['where']>;
}

interface MembershipInPolicy<Column extends string, Role extends string> extends PolicyCommon<Role> {
  readonly column: Column;
  readonly where?: NonNullable<MembershipTable['where']>;
}

/**
 * Every row, for roles that may read or write all.
 *
 * @example
 * allRows({ to: 'support', for: 'select' });
 */
export const allRows = <Role extends string>(policy: Omit<AllRowsPolicy<Role>, 'kind'>): AllRowsPolicy<Role> => ({
  kind: 'all-rows',
  ...policy,
});

/**
 * Rows with given values, whoever asks.
 *
 * @example
 * publicRows({ to: 'todos_anon', for: 'select', where: { published: true } });
 */
export const publicRows = <Column extends string, Role extends string>(
  policy: Omit<PublicRowsPolicy<NoInfer<Column>, Role>, 'kind'>,
): PublicRowsPolicy<Column, Role> => ({
  kind: 'public-rows',
  ...policy,
});

/**
 * Rows that are valid now, between two moments in the row; a null bound is no bound.
 *
 * @example
 * validBetween({ to: 'member', restrictive: true, from: 'starts_at', until: 'ends_at' });
 */
export const validBetween = <Column extends string, Role extends string>(
  policy: Omit<ValidBetweenPolicy<Column, Role>, 'kind'>,
): ValidBetweenPolicy<Column, Role> => ({
  kind: 'valid-between',
  ...policy,
});

/**
 * A condition of your own, from an `.sql` file, with the placeholders of the templates: `:"private"` is the private
 * schema with the function `claim`, and `values` adds others.
 *
 * @example
 * custom({ to: 'todos_user', for: 'select', using: { file: 'policies/own.sql', sql: `user_id = (SELECT :"private".try_cast(:"private".claim('user_id'), NULL::int))` } });
 */
export const custom = <Role extends string>(policy: Omit<CustomPolicy<Role>, 'kind'>): CustomPolicy<Role> => ({
  kind: 'custom',
  ...policy,
});

/**
 * The value of a claim, as the default of a column: new rows belong to the caller's tenant or user.
 *
 * @example
 * declare({
 *   name: 'notes',
 *   schemas: ['api'],
 *   roles: { users: ['notes_user'] },
 *   tables: [{ name: 'notes', defaults: { tenant_id: claim('tenant_id', 'uuid') } }],
 * });
 */
export const claim = (path: ClaimPath, type: ClaimType = 'text'): ClaimValue => ({ claim: path, type });
