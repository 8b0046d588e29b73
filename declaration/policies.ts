import type {
  AllRowsPolicy,
  ClaimListPolicy,
  CustomPolicy,
  MembershipPolicy,
  OwnRowsPolicy,
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
export const ownRows = (policy: Omit<OwnRowsPolicy, 'kind'>): OwnRowsPolicy => ({ kind: 'own-rows', ...policy });

/**
 * Rows of the tenant that the token names; most useful as a restrictive policy beside others.
 *
 * @example
 * tenant({ to: ['member', 'manager'], column: 'tenant_id', claim: 'tenant_id', type: 'uuid', restrictive: true });
 */
export const tenant = (policy: Omit<TenantPolicy, 'kind'>): TenantPolicy => ({ kind: 'tenant', ...policy });

/**
 * Rows whose column is one of the values in a claim that holds a list. A claim that is no list holds nothing.
 *
 * @example
 * claimList({ to: 'auditor', for: 'select', column: 'region', claim: ['app_metadata', 'regions'], type: 'text' });
 */
export const claimList = (policy: Omit<ClaimListPolicy, 'kind'>): ClaimListPolicy => ({
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
export const membership = (policy: Omit<MembershipPolicy, 'kind'>): MembershipPolicy => ({
  kind: 'membership',
  ...policy,
});

/**
 * Every row, for roles that may read or write all.
 *
 * @example
 * allRows({ to: 'support', for: 'select' });
 */
export const allRows = (policy: Omit<AllRowsPolicy, 'kind'>): AllRowsPolicy => ({ kind: 'all-rows', ...policy });

/**
 * Rows with given values, whoever asks.
 *
 * @example
 * publicRows({ to: 'todos_anon', for: 'select', where: { published: true } });
 */
export const publicRows = (policy: Omit<PublicRowsPolicy, 'kind'>): PublicRowsPolicy => ({
  kind: 'public-rows',
  ...policy,
});

/**
 * Rows that are valid now, between two moments in the row; a null bound is no bound.
 *
 * @example
 * validBetween({ to: 'member', restrictive: true, from: 'starts_at', until: 'ends_at' });
 */
export const validBetween = (policy: Omit<ValidBetweenPolicy, 'kind'>): ValidBetweenPolicy => ({
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
export const custom = (policy: Omit<CustomPolicy, 'kind'>): CustomPolicy => ({ kind: 'custom', ...policy });
