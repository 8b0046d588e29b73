import type { FoundObjects } from './found.ts';

/** Objects as far as some roles are concerned. Policies keep the owners of views as well. */
export function onlyRoles(objects: FoundObjects, roles: readonly string[]): FoundObjects {
  const ours = (names: readonly string[]) => names.filter((name) => roles.includes(name));
  return {
    ...objects,
    relations: objects.relations.map((relation) => ({
      ...relation,
      access: relation.access.filter(({ role }) => roles.includes(role)),
      unbound_roles: ours(relation.unbound_roles),
    })),
    functions: objects.functions.map((fn) => ({
      ...fn,
      callable_by: ours(fn.callable_by),
      found_by: ours(fn.found_by),
    })),
  };
}

/** Roles whose requests, and roles whose views, have to be known. */
export function rolesToRead(
  roles: readonly string[],
  schemas: readonly { readonly name: string; readonly view_owners: readonly string[] }[],
): string[] {
  return [...new Set([...roles, ...schemas.flatMap(({ view_owners }) => view_owners)])];
}
