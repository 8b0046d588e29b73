import type { PolicyCommon, PolicyInput } from '../../declaration/types.ts';

type WithoutCommon<Policy> = Policy extends PolicyInput ? Omit<Policy, keyof PolicyCommon> : never;

/** A kind of policy and its condition, without the roles and commands that it is for. */
export type Template = WithoutCommon<PolicyInput>;

/** A condition of an imported policy, for some of its roles. */
export interface Alternative {
  readonly template: Template;
  /** Roles for which the condition is this; the others reach no row. @default every role of the policy */
  readonly roles?: readonly string[];
}

/**
 * A recognised condition: rows that pass any of the alternatives of a permissive policy, or each of a restrictive one.
 * A problem says why the condition could not be taken over.
 */
export type Recognised = { readonly alternatives: readonly Alternative[] } | { readonly problem: string };

export const ALL_ROWS: Template = { kind: 'all-rows' };
