import { quoteIdentifier } from '../../postgres/quote.ts';
import { apiRoles, secondLogin } from '../../declaration/roles.ts';
import type { Declaration } from '../../declaration/types.ts';
import type { Catalog, CatalogRole } from '../../postgres/catalog/catalog.ts';
import { error, warning, type Finding } from '../finding.ts';

/** Whatever a login role could do, a forged role claim could try. */
export function logins(declaration: Declaration, catalog: Catalog): Finding[] {
  const { authenticator } = declaration;
  const declared = apiRoles(declaration).map(({ name }) => name);
  const find = (name: string) => catalog.roles.find((role) => role.name === name);
  const [first, second] = [find(authenticator), find(secondLogin(authenticator))];
  return [
    ...(first ? [...login(first, declared), ...inheriting(first)] : []),
    // It becomes the roles of the first one, whose member it is, and inherits nothing but what that one has itself.
    ...(second ? login(second, [authenticator]) : []),
  ];
}

function login(role: CatalogRole, members: readonly string[]): Finding[] {
  const object = `role ${role.name}`;
  return [
    ...privileges('authenticator_privileged', role),
    ...ownedObjects(role),
    ...(role.login
      ? []
      : [
          error(
            'authenticator_cannot_login',
            object,
            'can not log in',
            `ALTER ROLE ${quoteIdentifier(role.name)} LOGIN`,
          ),
        ]),
    ...undeclaredMemberships('authenticator_member', role, members),
    ...membershipAdmins(role),
    ...members
      .filter((name) => !role.memberships.some((membership) => membership.role === name && membership.set))
      .map((name) =>
        error(
          'authenticator_not_member',
          object,
          `is not a member of "${name}"`,
          `GRANT ${quoteIdentifier(name)} TO ${quoteIdentifier(role.name)}`,
        ),
      ),
  ];
}

function inheriting(role: CatalogRole): Finding[] {
  if (!role.inherit && !role.memberships.some(({ inherit }) => inherit)) return [];
  return [
    error(
      'authenticator_inherits',
      `role ${role.name}`,
      'has the privileges of its roles without becoming them',
      'make it NOINHERIT, and grant its roles WITH INHERIT FALSE',
    ),
  ];
}

/** A role that tokens name must not reach beyond its grants. */
export function apiRolePrivileges(declaration: Declaration, catalog: Catalog): Finding[] {
  const inherited = new Map(apiRoles(declaration).map((role) => [role.name, role.inherits]));
  inherited.set(declaration.owner, []);
  return catalog.roles.flatMap((role) => {
    const inherits = inherited.get(role.name);
    if (!inherits) return [];
    const object = `role ${role.name}`;
    return [
      ...privileges('role_privileged', role),
      ...(role.login
        ? [error('role_can_login', object, 'can log in', `ALTER ROLE ${quoteIdentifier(role.name)} NOLOGIN`)]
        : []),
      ...(role.name === declaration.owner ? [] : ownedObjects(role)),
      ...undeclaredMemberships('role_member', role, inherits),
      ...membershipAdmins(role),
      ...inherits
        .filter((name) => !role.memberships.some((membership) => membership.role === name && membership.inherit))
        .map((name) =>
          error(
            'role_not_member',
            object,
            `is not a member of "${name}"`,
            `GRANT ${quoteIdentifier(name)} TO ${quoteIdentifier(role.name)}`,
          ),
        ),
    ];
  });
}

/** They reach what the role reaches, without a token. */
export function otherMembers(_: Declaration, catalog: Catalog): Finding[] {
  return catalog.otherMembers.map(({ role, member }) =>
    warning(
      'role_has_member',
      `role ${role}`,
      `has the member "${member}", which is not declared`,
      `REVOKE ${quoteIdentifier(role)} FROM ${quoteIdentifier(member)}, unless it is meant`,
    ),
  );
}

function undeclaredMemberships(
  rule: 'authenticator_member' | 'role_member',
  { name, memberships }: CatalogRole,
  declared: readonly string[],
): Finding[] {
  return memberships
    .filter(({ role }) => !declared.includes(role))
    .map(({ role }) =>
      error(
        rule,
        `role ${name}`,
        `is a member of "${role}", which is not declared`,
        `REVOKE ${quoteIdentifier(role)} FROM ${quoteIdentifier(name)}`,
      ),
    );
}

function ownedObjects({ name, owns_objects }: CatalogRole): Finding[] {
  if (!owns_objects) return [];
  return [
    error(
      'role_owns_objects',
      `role ${name}`,
      'owns objects, which grants do not bind',
      `REASSIGN OWNED BY ${quoteIdentifier(name)} TO another role`,
    ),
  ];
}

/** Who may pass a role on decides who has it. */
function membershipAdmins({ name, memberships }: CatalogRole): Finding[] {
  return memberships
    .filter(({ admin }) => admin)
    .map(({ role }) =>
      error(
        'role_admin',
        `role ${name}`,
        `may grant "${role}" to others`,
        `REVOKE ADMIN OPTION FOR ${quoteIdentifier(role)} FROM ${quoteIdentifier(name)}`,
      ),
    );
}

function privileges(rule: 'authenticator_privileged' | 'role_privileged', role: CatalogRole): Finding[] {
  const held = [
    ...(role.superuser ? ['SUPERUSER'] : []),
    ...(role.bypass_rls ? ['BYPASSRLS'] : []),
    ...(role.create_role ? ['CREATEROLE'] : []),
    ...(role.create_database ? ['CREATEDB'] : []),
    ...(role.replication ? ['REPLICATION'] : []),
  ];
  return held.map((privilege) =>
    error(rule, `role ${role.name}`, `has ${privilege}`, `ALTER ROLE ${quoteIdentifier(role.name)} NO${privilege}`),
  );
}
