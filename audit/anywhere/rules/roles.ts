import { quoteIdentifier } from '../../../postgres/quote.ts';
import { namedObject } from '../../finding-object.ts';
import { fix, run } from '../../fix.ts';
import type { Found } from '../../rule.ts';
import type { Anywhere } from '../anywhere.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import { attributesOf } from '../attributes.ts';
import { isTable } from '../exposed.ts';
import { groupBy } from '../../group-by.ts';
import { reachedRoles } from '../memberships.ts';
import { isPlatformRole } from '../platform-roles.ts';
import { apiRoles } from '../request-roles.ts';
import { mayBecome } from '../rights.ts';
import { strengthOf } from '../strength.ts';
import { listed } from '../words.ts';

export const rolePrivileged: AnywhereRule = {
  id: 'role_privileged',
  topic: 'exposure',
  levels: ['error', 'warning'],
  subject: 'roles',
  why: 'Requests run as this role. SUPERUSER and BYPASSRLS pass all policies; CREATEROLE reaches other roles.',
  otherLevelWhen: 'for CREATEDB and REPLICATION, which no request uses',
  fix: 'Take the attribute away from the role.',
  find: (audited) => apiRoles(audited).flatMap((name) => attributesOf(audited.survey.roles.get(name))),
};

export const roleCanLogin: AnywhereRule = {
  id: 'role_can_login',
  topic: 'exposure',
  levels: ['warning'],
  subject: 'roles',
  why: 'A client that logs in as the role of requests needs no token, and sets any claim.',
  fix: 'Make the role NOLOGIN.',
  find: (audited) =>
    apiRoles(audited)
      .filter((name) => audited.survey.roles.get(name)!.login)
      .map((name) => ({
        object: namedObject('role', name),
        problem: 'can log in, and then sets any claim',
        fix: run(`ALTER ROLE ${quoteIdentifier(name)} NOLOGIN`),
      })),
};

export const roleOwnsObjects: AnywhereRule = {
  id: 'role_owns_objects',
  topic: 'exposure',
  levels: ['error', 'warning'],
  subject: 'roles',
  why: 'Grants do not bind an owner, nor do policies that are not forced.',
  otherLevelWhen: 'where the role owns no table whose policies it passes',
  fix: 'Give the objects to a role that no request becomes.',
  find: (audited) => {
    const { survey } = audited;
    const roles = new Set(apiRoles(audited));
    const owned = groupBy(
      [...survey.relations, ...survey.functions, ...survey.schemas.values()].filter(
        (object) => roles.has(object.owner) && !isOfExtension(object),
      ),
      ({ owner }) => owner,
    );
    return [...owned].map(([name, objects]) => {
      const passed = survey.relations.filter(
        (table) => isTable(table) && table.owner === name && table.row_security && !table.force_row_security,
      );
      const names = objects.map((object) =>
        'signature' in object
          ? object.signature
          : 'schema' in object
            ? `${object.schema}.${object.name}`
            : `schema ${object.name}`,
      );
      return {
        level: passed.length > 0 ? 'error' : 'warning',
        object: namedObject('role', name),
        problem: `owns ${listed(names)}${passed.length > 0 ? ', and policies that are not forced do not bind it' : ''}`,
        fix: fix(
          `REASSIGN OWNED BY ${quoteIdentifier(name)} TO a role that no request becomes, and grant what it needs`,
        ),
      } satisfies Found;
    });
  },
};

function isOfExtension({ extension }: { readonly extension: string | boolean | null }): boolean {
  return extension !== null && extension !== false;
}

export const roleMember: AnywhereRule = {
  id: 'role_member',
  topic: 'exposure',
  levels: ['error', 'warning'],
  subject: 'roles',
  why: 'The role has what the other one has: all data, files of the server, or tables that it owns.',
  otherLevelWhen:
    'for predefined roles of operators, and where requests without a token have the rights of those with one',
  fix: 'Revoke the membership.',
  find: (audited) => {
    const { anonymous } = audited.scope;
    const requests = new Set(apiRoles(audited));
    return [...requests].flatMap((name) =>
      reachedRoles(
        audited,
        name,
        ({ inherit, set }) => inherit || set,
        (role) => requests.has(role),
      ).flatMap(({ role, first }): Found[] => {
        const strength = requests.has(role) ? undefined : strengthOf(audited, role);
        const isRaised = name === anonymous && requests.has(role) && first.inherit;
        if (!strength && !isRaised) return [];
        const by = first.role === role ? '' : `, by way of ${first.role}`;
        return [
          {
            level: strength?.level ?? 'warning',
            object: namedObject('role', name),
            problem: strength
              ? `is a member of ${role}, which ${strength.why}${by}`
              : `has the rights of ${role} without a token${by}`,
            fix: run(`REVOKE ${quoteIdentifier(first.role)} FROM ${quoteIdentifier(name)}`),
          },
        ];
      }),
    );
  },
};

export const roleAdmin: AnywhereRule = {
  id: 'role_admin',
  topic: 'exposure',
  levels: ['error'],
  subject: 'roles',
  why: 'The role may grant another role to others, itself included.',
  fix: 'Revoke the admin option.',
  find: (audited) => {
    const { survey, scope } = audited;
    const checked = new Set([...apiRoles(audited), scope.authenticator]);
    return survey.memberships
      .filter(({ member, admin }) => admin && checked.has(member))
      .map(({ member, role }) => ({
        object: namedObject('role', member),
        problem: `may grant ${role} to others`,
        fix: run(`REVOKE ADMIN OPTION FOR ${quoteIdentifier(role)} FROM ${quoteIdentifier(member)}`),
      }));
  },
};

export const loginShared: AnywhereRule = {
  id: 'login_shared',
  topic: 'exposure',
  levels: ['warning'],
  subject: 'roles',
  why: 'A client with this login becomes a role of requests without a token. It sets any claim, and so is any user.',
  fix: 'Revoke the membership, unless it is meant.',
  find: (audited) => {
    const { survey } = audited;
    const requests = new Set(apiRoles(audited));
    const members = survey.memberships.filter(
      ({ member, role, set, inherit }) =>
        (set || inherit) &&
        requests.has(role) &&
        !requests.has(member) &&
        isPlainLogin(audited, member) &&
        !isAuthenticator(audited, member),
    );
    return [...groupBy(members, ({ member }) => member)].map(([member, memberships]) => {
      const roles = [...new Set(memberships.map(({ role }) => role))];
      return {
        object: namedObject('role', member),
        problem: `logs in as a member of ${listed(roles)}, and then sets any claim`,
        fix: run(
          `REVOKE ${roles.map(quoteIdentifier).join(', ')} FROM ${quoteIdentifier(member)}`,
          ', unless it is meant',
        ),
      };
    });
  },
};

/** True for a login that has nothing but grants, and is not that of a PostgREST: an administrator reaches everything anyway. */
/** A login that inherits nothing and may become the anonymous role too is that of another PostgREST. */
function isAuthenticator({ survey, scope }: Anywhere, name: string): boolean {
  const own = survey.memberships.filter(({ member }) => member === name);
  return own.every(({ inherit }) => !inherit) && own.some(({ role, set }) => set && role === scope.anonymous);
}

function isPlainLogin(audited: Anywhere, name: string): boolean {
  const { survey, scope } = audited;
  const role = survey.roles.get(name);
  if (!role?.login || name === scope.authenticator || name === survey.server.owner) return false;
  const isOfPostgrest =
    !role.inherit && scope.anonymous !== undefined && mayBecome(survey, name).includes(scope.anonymous);
  if (isOfPostgrest) return false;
  const isOwner = audited.reach.identities(name).has(survey.server.owner);
  return !isOwner && !isPlatformRole(scope, name) && strengthOf(audited, name) === undefined;
}
