import type { FoundRole } from '../database/found.ts';

/** Declared roles, and which of the others each inherits from. */
export type Inheritance = ReadonlyMap<string, readonly string[]>;

/**
 * The hierarchy among roles of requests; the anonymous one inherits from none. A role that no policy binds is no parent: its rights would pass on with the policies that
 * stand for them.
 */
export function inheritanceOf(
  found: readonly FoundRole[],
  users: readonly string[],
  anonymous: string | undefined,
): Inheritance {
  const roles = anonymous === undefined ? users : [anonymous, ...users];
  const known = new Map(found.map((role) => [role.name, role]));
  return new Map(
    roles.map((name) => {
      const inherits = name === anonymous ? [] : (known.get(name)?.inherits ?? []);
      const parents = inherits.filter((parent) => {
        const role = known.get(parent);
        return roles.includes(parent) && !role?.superuser && !role?.bypass_rls;
      });
      return [name, parents];
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
