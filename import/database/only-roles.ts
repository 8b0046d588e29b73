import type { FoundObjects } from './found.ts';

/** Objects as far as some roles are concerned. What binds the owners of views and functions stays. */
export function onlyRoles(objects: FoundObjects, roles: readonly string[]): FoundObjects {
  const ours = (names: readonly string[]) => names.filter((name) => roles.includes(name));
  return {
    ...objects,
    relations: objects.relations.map((relation) => ({
      ...relation,
      access: relation.access.filter(({ role }) => roles.includes(role)),
    })),
    functions: objects.functions.map((fn) => ({
      ...fn,
      callable_by: ours(fn.callable_by),
      found_by: ours(fn.found_by),
    })),
  };
}

/** Roles whose requests have to be known, and owners whose rights requests use. */
export function rolesToRead(
  roles: readonly string[],
  schemas: readonly { readonly name: string; readonly owners: readonly string[] }[],
): string[] {
  return [...new Set([...roles, ...schemas.flatMap(({ owners }) => owners)])];
}
