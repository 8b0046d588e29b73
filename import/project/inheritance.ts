import type { FoundRole } from '../database/found.ts';

/** Declared roles, and which of the others each inherits from. */
export type Inheritance = ReadonlyMap<string, readonly string[]>;

/**
 * The hierarchy among roles of requests; the anonymous one inherits from none. A role that no policy binds is no parent: its
 * rights would pass on with the policies that stand for them. It is no heir either: restrictive policies of its parents would
 * bind it.
 */
export function inheritanceOf(
  found: readonly FoundRole[],
  users: readonly string[],
  anonymous: string | undefined,
): Inheritance {
  const roles = anonymous === undefined ? users : [anonymous, ...users];
  const known = new Map(found.map((role) => [role.name, role]));
  const isUnbound = (name: string) => known.get(name)?.superuser || known.get(name)?.bypass_rls;
  return new Map(
    roles.map((name) => {
      const inherits = name === anonymous || isUnbound(name) ? [] : (known.get(name)?.inherits ?? []);
      return [name, inherits.filter((parent) => roles.includes(parent) && !isUnbound(parent))];
    }),
  );
}

/** Parents of a role without those that another parent brings. */
export function directParents(role: string, inheritance: Inheritance): string[] {
  const parents = inheritance.get(role) ?? [];
  return parents.filter((parent) => !parents.some((other) => inheritance.get(other)?.includes(parent)));
}

/** Roles without those that inherit from another of them. */
export function withoutHeirs(roles: readonly string[], inheritance: Inheritance): string[] {
  return roles.filter((role) => !inheritance.get(role)?.some((parent) => roles.includes(parent)));
}
