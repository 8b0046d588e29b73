import { quoteIdentifier } from '../../postgres/quote.ts';
import { loginRoles, requestRoles } from '../declared-roles.ts';
import { namedObject } from '../finding-object.ts';
import { fix, run } from '../fix.ts';
import { missingMemberships, privileges, undeclaredMemberships } from '../role-checks.ts';
import type { CatalogRule, DeclarationRule } from '../rule.ts';

export const rolePrivileged: DeclarationRule = {
  id: 'role_privileged',
  levels: ['error'],
  subject: 'roles',
  why: 'SUPERUSER and BYPASSRLS pass all policies. CREATEROLE, CREATEDB and REPLICATION reach beyond grants.',
  fix: 'Take the attribute away from the role.',
  compare: (compared) => requestRoles(compared).flatMap(({ role }) => privileges(role)),
};

export const roleCanLogin: DeclarationRule = {
  id: 'role_can_login',
  levels: ['error'],
  subject: 'roles',
  why: 'A client could use the role without a token.',
  fix: 'Make the role NOLOGIN.',
  compare: (compared) =>
    requestRoles(compared)
      .filter(({ role }) => role.login)
      .map(({ role: { name } }) => ({
        object: namedObject('role', name),
        problem: 'can log in',
        fix: run(`ALTER ROLE ${quoteIdentifier(name)} NOLOGIN`),
      })),
};

export const roleOwnsObjects: DeclarationRule = {
  id: 'role_owns_objects',
  levels: ['error'],
  subject: 'roles',
  why: 'Grants and policies do not bind an owner.',
  fix: 'Change the owner of the objects.',
  compare: (compared) =>
    [...loginRoles(compared), ...requestRoles(compared)]
      .filter(({ role }) => role.owns_objects && role.name !== compared.declaration.owner)
      .map(({ role: { name } }) => ({
        object: namedObject('role', name),
        problem: 'owns objects, which grants do not bind',
        fix: fix(`REASSIGN OWNED BY ${quoteIdentifier(name)} TO another role`),
      })),
};

export const roleMember: DeclarationRule = {
  id: 'role_member',
  levels: ['error'],
  subject: 'roles',
  why: 'The role has the privileges of another role.',
  fix: 'Revoke the membership, or declare it with `inherits`.',
  compare: (compared) => requestRoles(compared).flatMap(({ role, memberOf }) => undeclaredMemberships(role, memberOf)),
};

export const roleNotMember: DeclarationRule = {
  id: 'role_not_member',
  levels: ['error'],
  subject: 'roles',
  topic: 'failure',
  why: 'The role lacks privileges that are declared.',
  fix: 'Deploy the roles.',
  compare: (compared) =>
    requestRoles(compared).flatMap(({ role, memberOf }) => missingMemberships(role, memberOf, 'inherit')),
};

export const roleAdmin: DeclarationRule = {
  id: 'role_admin',
  levels: ['error'],
  subject: 'roles',
  why: 'The role may grant another role to others.',
  fix: 'Revoke the admin option.',
  compare: (compared) =>
    [...loginRoles(compared), ...requestRoles(compared)].flatMap(({ role: { name, memberships } }) =>
      memberships
        .filter(({ admin }) => admin)
        .map(({ role }) => ({
          object: namedObject('role', name),
          problem: `may grant "${role}" to others`,
          fix: run(`REVOKE ADMIN OPTION FOR ${quoteIdentifier(role)} FROM ${quoteIdentifier(name)}`),
        })),
    ),
};

export const roleHasMember: CatalogRule = {
  id: 'role_has_member',
  levels: ['warning'],
  subject: 'roles',
  why: 'The member reaches everything that the role reaches, without a token.',
  fix: 'Revoke the membership, unless it is meant.',
  check: ({ catalog }) =>
    catalog.otherMembers.map(({ role, member }) => ({
      object: namedObject('role', role),
      problem: `has the member "${member}", which is not declared`,
      fix: run(`REVOKE ${quoteIdentifier(role)} FROM ${quoteIdentifier(member)}`, ', unless it is meant'),
    })),
};
