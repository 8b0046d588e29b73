import { refuse } from '../errors/secured-postgrest-error.ts';
import { didYouMean } from '../errors/did-you-mean.ts';
import { checkDistinct, checkRoleName } from './names.ts';
import type { ApiRole, AnonymousRoleInput, Declaration, RolesInput, UserRoleInput } from './types.ts';

/** The declared roles. */
export type Roles = Pick<Declaration, 'authenticator' | 'owner' | 'anonymous' | 'users'>;

const DEFAULT_STATEMENT_TIMEOUT_MS = 5000;

/** Settings that would give a role more than its grants, that are declared elsewhere, or that Postgres keeps in other words than it was told. */
const REFUSED_SETTINGS = [
  'role',
  'session_authorization',
  'row_security',
  'search_path',
  'temp_tablespaces',
  'session_replication_role',
  'statement_timeout',
  'session_preload_libraries',
  'local_preload_libraries',
];

/** The role that PostgREST signs in as after every other rotation of its password: a member of the authenticator. */
export function secondLogin(authenticator: string): string {
  return `${authenticator}_2`;
}

/** Checks the roles of a declaration and fills in their defaults. */
export function resolveRoles(name: string, input: RolesInput): Roles {
  const authenticator = input.authenticator ?? `${name}_authenticator`;
  const owner = input.owner ?? `${name}_owner`;
  const anonymous = input.anonymous === undefined ? undefined : resolveRole(input.anonymous, 'roles.anonymous');
  const users = input.users.map((user, index) => resolveRole(user, `roles.users[${index}]`));
  checkRoleName(authenticator, 'roles.authenticator');
  checkRoleName(secondLogin(authenticator), 'roles.authenticator');
  checkRoleName(owner, 'roles.owner');
  if (anonymous?.name === authenticator) {
    refuse(
      'anonymous_is_authenticator',
      'roles.anonymous',
      `"${authenticator}" is the login role`,
      'give anonymous requests a role of their own',
    );
  }
  const named: [string, string][] = [
    ['roles.authenticator', authenticator],
    ['roles.authenticator', secondLogin(authenticator)],
    ['roles.owner', owner],
    ...(anonymous ? [['roles.anonymous', anonymous.name] as [string, string]] : []),
    ...users.map((user, index): [string, string] => [`roles.users[${index}]`, user.name]),
  ];
  checkDistinct(
    named.map(([, role]) => role),
    (index) => named[index]![0],
  );
  const roles: Roles = { authenticator, owner, ...(anonymous && { anonymous }), users };
  users.forEach((user, index) => {
    checkDistinct(user.inherits, (at) => `roles.users[${index}].inherits[${at}]`);
    for (const inherited of user.inherits) checkKnownRole(inherited, `roles.users[${index}].inherits`, roles);
    if (inheritedBy(user, roles).has(user.name)) {
      refuse('role_cycle', `roles.users[${index}].inherits`, `"${user.name}" inherits from itself`, 'break the circle');
    }
  });
  return roles;
}

/** Every API role: the anonymous one, if any, and those that tokens may name. */
export function apiRoles({ anonymous, users }: Pick<Roles, 'anonymous' | 'users'>): readonly ApiRole[] {
  return anonymous ? [anonymous, ...users] : users;
}

/** Roles that may create temporary tables. */
export function temporaryRoles(roles: Pick<Roles, 'anonymous' | 'users'>): readonly string[] {
  return apiRoles(roles)
    .filter(({ temporaryTables }) => temporaryTables)
    .map(({ name }) => name);
}

/** Refuses a role that is not one of the declared API roles. */
export function checkKnownRole(name: string, place: string, roles: Roles): void {
  checkRoleIsOneOf(
    apiRoles(roles).map((role) => role.name),
    name,
    place,
  );
}

/** Refuses a role that no policy can bind: API roles and the owner, as which functions with its rights run. */
export function checkPolicyRole(name: string, place: string, roles: Roles): void {
  checkRoleIsOneOf([...apiRoles(roles).map((role) => role.name), roles.owner], name, place);
}

function checkRoleIsOneOf(known: readonly string[], name: string, place: string): void {
  if (!known.includes(name)) {
    refuse(
      'unknown_role',
      place,
      `"${name}" is not a declared role${didYouMean(name, known)}`,
      `use one of ${known.join(', ') || '(none)'}, or add it to roles.users`,
    );
  }
}

/** A role and all that it inherits: whose grants and policies count for it. */
export function effectiveRoles(name: string, roles: Roles): ReadonlySet<string> {
  const role = apiRoles(roles).find((candidate) => candidate.name === name);
  return new Set([name, ...(role ? inheritedBy(role, roles) : [])]);
}

function inheritedBy(role: ApiRole, roles: Roles): Set<string> {
  const found = new Set<string>();
  const visit = (names: readonly string[]) => {
    for (const name of names.filter((candidate) => !found.has(candidate))) {
      found.add(name);
      visit(apiRoles(roles).find((candidate) => candidate.name === name)?.inherits ?? []);
    }
  };
  visit(role.inherits);
  return found;
}

/** Everything that a role is set to. */
export function roleSettings({ statementTimeoutMs, settings }: ApiRole): Readonly<Record<string, string>> {
  return { statement_timeout: String(statementTimeoutMs), ...settings };
}

function resolveRole(input: string | UserRoleInput | AnonymousRoleInput, place: string): ApiRole {
  const role: UserRoleInput = typeof input === 'string' ? { name: input } : input;
  checkRoleName(role.name, place);
  const settings = role.settings ?? {};
  for (const [setting, value] of Object.entries(settings)) checkRoleSetting(setting, value, `${place}.settings`);
  return {
    name: role.name,
    inherits: role.inherits ?? [],
    statementTimeoutMs: role.statementTimeoutMs ?? DEFAULT_STATEMENT_TIMEOUT_MS,
    ...(role.temporaryTables && { temporaryTables: true as const }),
    settings,
  };
}

/** @throws SecuredPostgrestError `invalid_role_setting` */
export function checkRoleSetting(setting: string, value: string, place: string): void {
  if (!/^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*)?$/.test(setting) || /[\0\n]/.test(value)) {
    refuse(
      'invalid_role_setting',
      place,
      `"${setting}" is not the name of a setting, or its value has a line break`,
      'write it like "work_mem"',
    );
  }
  if (REFUSED_SETTINGS.includes(setting) || setting.startsWith('pgrst.')) {
    refuse(
      'invalid_role_setting',
      `${place}.${setting}`,
      'this setting is not for a role of the API',
      'remove it (statementTimeoutMs sets the timeout)',
    );
  }
}
