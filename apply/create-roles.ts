import type pg from 'pg';
import { apiRoles } from '../declaration/roles.ts';
import type { Declaration } from '../declaration/types.ts';
import { explainPrivileges } from './admin-privileges.ts';
import type { CatalogMembership, CatalogRole } from '../postgres/catalog/catalog.ts';
import { read } from '../postgres/catalog/read-catalog.ts';
import { declaredRoles } from '../compile/catalog-scope.ts';
import { failed, inOneMessage } from './run-steps.ts';
import { sessionOf } from './session.ts';
import { isVerifier, scramVerifier } from '../postgres/scram-verifier.ts';
import { configureSession } from '../postgres/session.ts';
import { raw, statementsOf } from '../postgres/statements.ts';
import type { StatementNames } from '../postgres/statement-names.ts';

const statement = statementsOf('apply/roles');

type Attribute = 'superuser' | 'create_database' | 'create_role' | 'replication' | 'bypass_rls' | 'login' | 'inherit';

const KEYWORDS: Readonly<Record<Attribute, string>> = {
  superuser: 'SUPERUSER',
  create_database: 'CREATEDB',
  create_role: 'CREATEROLE',
  replication: 'REPLICATION',
  bypass_rls: 'BYPASSRLS',
  login: 'LOGIN',
  inherit: 'INHERIT',
};

/** Attributes that `CREATE ROLE` gives without options. */
const NEW_ROLE: Pick<CatalogRole, Attribute | 'memberships'> = {
  superuser: false,
  create_database: false,
  create_role: false,
  replication: false,
  bypass_rls: false,
  login: false,
  inherit: true,
  memberships: [],
};

/**
 * Creates the roles of a declaration with exactly their attributes and memberships, if Terraform does not manage them.
 * Idempotent. `applyDeclaration` sets the roles' settings. The session keeps the settings that this function needs.
 *
 * @param passwords plain, or as the SCRAM verifiers that Postgres stores
 * @returns true if it changed more than the password
 * @throws SecuredPostgrestError `access_sql_failed`, `missing_privilege`
 */
export async function createRoles(
  client: pg.ClientBase,
  declaration: Declaration,
  passwords: { authenticator: string },
): Promise<boolean> {
  await configureSession(client);
  const session = sessionOf(client, declaration);
  const { roles } = await read(session, ['roles']);
  const steps = planRoles(declaration, roles);
  const explain = (error: unknown) => explainPrivileges(session, error);
  await runTogether(client, steps).catch(explain);
  await setPassword(client, declaration.authenticator, passwords.authenticator).catch(explain);
  return steps.length > 0;
}

/** One statement, and the role that it is about. */
interface RoleStep {
  readonly role: string;
  readonly sql: string;
}

function planRoles(declaration: Declaration, existing: readonly CatalogRole[]): RoleStep[] {
  const { authenticator } = declaration;
  const declared = declaredRoles(declaration);
  const step = (
    name: StatementNames['apply/roles'],
    role: string,
    values: Parameters<typeof statement>[1] = {},
  ): RoleStep => ({
    role,
    sql: statement(name, { role, ...values }),
  });
  const missing = declared.filter((name) => !existing.some((role) => role.name === name));
  const roles = [
    ...existing.filter(({ name }) => declared.includes(name)),
    ...missing.map((name) => ({ ...NEW_ROLE, name })),
  ];
  return [
    ...missing.map((role) => step('create_role', role)),
    ...roles.flatMap((role) => {
      const attributes = wrongAttributes(role, role.name === authenticator).join(' ');
      // Names only attributes that differ: some may be named by a superuser only, even to deny them.
      return attributes === '' ? [] : [step('alter_role', role.name, { attributes: raw(attributes) })];
    }),
    ...roles.flatMap(({ name: member, memberships }) => {
      const wanted = rolesOf(member, declaration);
      const right = memberships.filter(
        (found) => wanted.includes(found.role) && isRight(found, member === authenticator),
      );
      const wrong = memberships.filter((found) => !right.includes(found));
      const lacking = wanted.filter((name) => !right.some(({ role }) => role === name));
      return [
        ...wrong.map(({ role, grantor }) => step('revoke_membership', role, { member, grantor })),
        ...lacking.map((role) => step('grant_membership', role, { member })),
      ];
    }),
  ];
}

/** Runs steps in one message, which is all or nothing. If it fails, one by one, so that the error names the role. */
async function runTogether(client: pg.ClientBase, steps: readonly RoleStep[]): Promise<void> {
  if (steps.length === 0) return;
  await client.query(inOneMessage(steps.map(({ sql }) => sql))).catch(async (error: Error) => {
    for (const { role, sql } of steps) {
      await client.query(sql).catch((again: Error & { readonly code?: string }) =>
        // The failed message has aborted the caller's own transaction.
        again.code === '25P02'
          ? failed('access_sql_failed', 'the declared roles', error)
          : failed('access_sql_failed', `role ${role}`, again),
      );
    }
  });
}

/** Sets a role's password. The statement contains only a verifier, since Postgres logs statements that fail. */
export async function setPassword(client: pg.ClientBase | pg.Pool, role: string, password: string): Promise<void> {
  const verifier = isVerifier(password) ? password : scramVerifier(password);
  const sql = statement('set_password', { role, verifier });
  await client.query(sql).catch((error: Error) => failed('access_sql_failed', `role ${role}`, error));
}

function wrongAttributes(role: Pick<CatalogRole, Attribute>, authenticator: boolean): string[] {
  const wanted = (attribute: string) =>
    (attribute === 'login' && authenticator) || (attribute === 'inherit' && !authenticator);
  return (Object.keys(KEYWORDS) as Attribute[])
    .filter((attribute) => role[attribute] !== wanted(attribute))
    .map((attribute) => `${wanted(attribute) ? '' : 'NO'}${KEYWORDS[attribute]}`);
}

/** Roles that a role must be a member of. */
function rolesOf(member: string, declaration: Declaration): readonly string[] {
  const roles = apiRoles(declaration);
  if (member === declaration.authenticator) return roles.map(({ name }) => name);
  return roles.find(({ name }) => name === member)?.inherits ?? [];
}

/** Tests if a membership is as declared: the authenticator's do not inherit, all others do. */
function isRight({ admin, inherit, set }: CatalogMembership, authenticator: boolean): boolean {
  return !admin && set && inherit !== authenticator;
}
