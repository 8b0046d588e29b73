import { apiRoles, secondLogin } from '../declaration/roles.ts';
import type { CatalogRole } from '../postgres/catalog/catalog.ts';
import type { Compared } from './rule.ts';

/** A role of the database, with the roles that the declaration makes it a member of. */
export interface DeclaredRole {
  readonly role: CatalogRole;
  readonly memberOf: readonly string[];
}

/** The authenticator, and the second login of a rotation: a member of the first one only. */
export function loginRoles({ declaration, catalog }: Compared): DeclaredRole[] {
  const { authenticator } = declaration;
  return existing(catalog.roles, [
    [authenticator, apiRoles(declaration).map(({ name }) => name)],
    [secondLogin(authenticator), [authenticator]],
  ]);
}

/** The roles that tokens name, and the owner of the managed schemas. */
export function requestRoles({ declaration, catalog }: Compared): DeclaredRole[] {
  return existing(catalog.roles, [
    ...apiRoles(declaration).map(({ name, inherits }) => [name, inherits] as const),
    [declaration.owner, []],
  ]);
}

function existing(
  roles: readonly CatalogRole[],
  declared: readonly (readonly [name: string, memberOf: readonly string[]])[],
): DeclaredRole[] {
  const memberships = new Map(declared);
  return roles.flatMap((role) => {
    const memberOf = memberships.get(role.name);
    return memberOf ? [{ role, memberOf }] : [];
  });
}
