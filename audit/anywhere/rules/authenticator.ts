import { quoteIdentifier } from '../../../postgres/quote.ts';
import { namedObject } from '../../finding-object.ts';
import { fix, run } from '../../fix.ts';
import type { Found } from '../../rule.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import { attributesOf } from '../attributes.ts';
import { reachedRoles } from '../memberships.ts';
import { apiRoles } from '../request-roles.ts';
import { strengthOf } from '../strength.ts';
import { listed } from '../words.ts';

export const authenticatorPrivileged: AnywhereRule = {
  id: 'authenticator_privileged',
  topic: 'exposure',
  levels: ['error', 'warning'],
  subject: 'the authenticator',
  why: 'The attribute is one of the session below each request. As a superuser, the authenticator becomes any role that a token names.',
  otherLevelWhen: 'for CREATEDB and REPLICATION, which no request uses',
  fix: 'Take the attribute away from the role.',
  find: ({ survey, scope }) => attributesOf(survey.roles.get(scope.authenticator ?? '')),
};

export const authenticatorInherits: AnywhereRule = {
  id: 'authenticator_inherits',
  topic: 'exposure',
  levels: ['warning'],
  subject: 'the authenticator',
  why: 'The authenticator has the privileges of its roles without becoming them, also when a request failed to become one.',
  fix: 'Make the authenticator NOINHERIT, and grant its roles WITH INHERIT FALSE.',
  find: ({ survey, scope: { authenticator } }) => {
    if (authenticator === undefined) return [];
    const inherited = survey.memberships.filter(({ member, inherit }) => member === authenticator && inherit);
    const names = [...new Set(inherited.map(({ role }) => role))];
    if (names.length === 0) return [];
    const own = quoteIdentifier(authenticator);
    // Before PostgreSQL 16, the role alone decides.
    const grants =
      survey.server.version < 160_000
        ? []
        : names.map((name) => `GRANT ${quoteIdentifier(name)} TO ${own} WITH INHERIT FALSE`);
    return [
      {
        object: namedObject('role', authenticator),
        problem: `has the privileges of ${listed(names)} without becoming a role`,
        fix: fix('make it NOINHERIT, and grant its roles WITH INHERIT FALSE', `ALTER ROLE ${own} NOINHERIT`, ...grants),
      },
    ];
  },
};

export const authenticatorMember: AnywhereRule = {
  id: 'authenticator_member',
  topic: 'exposure',
  levels: ['error', 'warning', 'info'],
  subject: 'the authenticator',
  why: 'A token may name each role that the authenticator can become. Policies and grants bind this one less than requests.',
  otherLevelWhen: 'for predefined roles of operators; only for information for the service role of Supabase',
  fix: 'Revoke the membership.',
  find: (audited) => {
    const { authenticator, services } = audited.scope;
    if (authenticator === undefined) return [];
    const requests = new Set(apiRoles(audited));
    return reachedRoles(
      audited,
      authenticator,
      ({ set }) => set,
      // What these roles reach is a finding of their own.
      (role) => requests.has(role) || services.includes(role),
    ).flatMap(({ role, first }): Found[] => {
      const strength = requests.has(role) ? undefined : strengthOf(audited, role);
      if (!strength) return [];
      const by = first.role === role ? '' : `, by way of ${first.role}`;
      return [
        {
          level: services.includes(role) ? 'info' : strength.level,
          object: namedObject('role', authenticator),
          problem: `may become ${role}, which ${strength.why}${by}`,
          fix: services.includes(role)
            ? fix('keep its tokens on servers')
            : run(`REVOKE ${quoteIdentifier(first.role)} FROM ${quoteIdentifier(authenticator)}`),
        },
      ];
    });
  },
};
