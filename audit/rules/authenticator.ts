import { quoteIdentifier } from '../../postgres/quote.ts';
import { loginRoles } from '../declared-roles.ts';
import { namedObject } from '../finding-object.ts';
import { fix, run } from '../fix.ts';
import { missingMemberships, privileges, undeclaredMemberships } from '../role-checks.ts';
import type { DeclarationRule } from '../rule.ts';

export const authenticatorPrivileged: DeclarationRule = {
  id: 'authenticator_privileged',
  levels: ['error'],
  subject: 'the authenticator',
  why:
    'A forged role claim could try everything that a login role may do. ' +
    'The audit checks the second login of a rotation like the first.',
  fix: 'Take the attribute away from the role.',
  compare: (compared) => loginRoles(compared).flatMap(({ role }) => privileges(role)),
};

export const authenticatorInherits: DeclarationRule = {
  id: 'authenticator_inherits',
  levels: ['error'],
  subject: 'the authenticator',
  why: 'The authenticator has the privileges of its roles without becoming them.',
  fix: 'Make the authenticator NOINHERIT, and grant its roles WITH INHERIT FALSE.',
  compare: ({ declaration, catalog }) =>
    // The second login inherits only what the authenticator has itself.
    catalog.roles
      .filter(({ name }) => name === declaration.authenticator)
      .filter(({ inherit, memberships }) => inherit || memberships.some((membership) => membership.inherit))
      .map(({ name }) => ({
        object: namedObject('role', name),
        problem: 'has the privileges of its roles without becoming them',
        fix: fix('make it NOINHERIT, and grant its roles WITH INHERIT FALSE'),
      })),
};

export const authenticatorCannotLogin: DeclarationRule = {
  id: 'authenticator_cannot_login',
  levels: ['error'],
  subject: 'the authenticator',
  topic: 'failure',
  why: 'PostgREST cannot connect.',
  fix: 'Give the role LOGIN.',
  compare: (compared) =>
    loginRoles(compared)
      .filter(({ role }) => !role.login)
      .map(({ role: { name } }) => ({
        object: namedObject('role', name),
        problem: 'cannot log in',
        fix: run(`ALTER ROLE ${quoteIdentifier(name)} LOGIN`),
      })),
};

export const authenticatorMember: DeclarationRule = {
  id: 'authenticator_member',
  levels: ['error'],
  subject: 'the authenticator',
  why: 'A token could name the role that the authenticator is a member of.',
  fix: 'Revoke the membership, or declare the role.',
  compare: (compared) => loginRoles(compared).flatMap(({ role, memberOf }) => undeclaredMemberships(role, memberOf)),
};

export const authenticatorNotMember: DeclarationRule = {
  id: 'authenticator_not_member',
  levels: ['error'],
  subject: 'the authenticator',
  topic: 'failure',
  why: 'PostgREST rejects tokens for the role.',
  fix: 'Deploy the roles.',
  compare: (compared) =>
    loginRoles(compared).flatMap(({ role, memberOf }) => missingMemberships(role, memberOf, 'set')),
};
