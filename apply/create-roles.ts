import type pg from 'pg';
import { apiRoles } from '../declaration/roles.ts';
import { packageTemplate } from '../declaration/template.ts';
import type { Declaration } from '../declaration/types.ts';
import { declaredRoles, type CatalogMembership, type CatalogRole } from './catalog.ts';
import { failed } from './run-steps.ts';
import { scramVerifier } from './scram-verifier.ts';
import { settle } from './session.ts';
import { raw, statement } from './statements.ts';

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

/**
 * Makes the roles of a declaration with exactly their attributes and memberships, where Terraform does not manage them.
 * Their settings are the runner's work. It can be repeated. The session is settled as the runner's own are.
 *
 * @throws SecuredPostgrestError `access_sql_failed`
 */
export async function createRoles(
  client: pg.ClientBase,
  declaration: Declaration,
  passwords: { authenticator: string },
): Promise<void> {
  await settle(client);
  const names = declaredRoles(declaration);
  const { authenticator } = declaration;
  const run = async (name: string, role: string, values: Parameters<typeof statement>[1] = {}) => {
    const sql = statement(name, { role, ...values }, 'roles');
    await client.query(sql).catch((error: Error) => failed('access_sql_failed', `role ${role}`, error));
  };
  const existing = (await readRoles(client, names)).map(({ name }) => name);
  for (const role of names) if (!existing.includes(role)) await run('create_role', role);

  for (const role of await readRoles(client, names)) {
    const attributes = wrongAttributes(role, role.name === authenticator).join(' ');
    // Unless it differs it is not named: some attributes may be named by a superuser only, even to deny them.
    if (attributes !== '') await run('alter_role', role.name, { attributes: raw(attributes) });
  }
  await setPassword(client, authenticator, passwords.authenticator);

  for (const { name: member, memberships } of await readRoles(client, names)) {
    const wanted = rolesOf(member, declaration);
    const right = memberships.filter((held) => wanted.includes(held.role) && isRight(held, member === authenticator));
    for (const { role, grantor } of memberships.filter((held) => !right.includes(held)))
      await run('revoke_membership', role, { member, grantor });
    for (const role of wanted.filter((name) => !right.some((held) => held.role === name)))
      await run('grant_membership', role, { member });
  }
}

/** Sets a role's password; the statement holds a verifier only, since one that fails would stand in the server's log. */
export async function setPassword(client: pg.ClientBase, role: string, password: string): Promise<void> {
  const sql = statement('set_password', { role, verifier: scramVerifier(password) }, 'roles');
  await client.query(sql).catch((error: Error) => failed('access_sql_failed', `role ${role}`, error));
}

async function readRoles(client: pg.ClientBase, names: readonly string[]): Promise<CatalogRole[]> {
  return (await client.query<CatalogRole>(packageTemplate('catalog/roles').sql, [names])).rows;
}

function wrongAttributes(role: CatalogRole, authenticator: boolean): string[] {
  const wanted = (attribute: string) =>
    (attribute === 'login' && authenticator) || (attribute === 'inherit' && !authenticator);
  return (Object.keys(KEYWORDS) as Attribute[])
    .filter((attribute) => role[attribute] !== wanted(attribute))
    .map((attribute) => `${wanted(attribute) ? '' : 'NO'}${KEYWORDS[attribute]}`);
}

/** The roles that a role is to be a member of. */
function rolesOf(member: string, declaration: Declaration): readonly string[] {
  const roles = apiRoles(declaration);
  if (member === declaration.authenticator) return roles.map(({ name }) => name);
  return roles.find(({ name }) => name === member)?.inherits ?? [];
}

/** The authenticator may only become its roles; the others only have what they inherit. */
function isRight({ admin, inherit, set }: CatalogMembership, authenticator: boolean): boolean {
  return !admin && set && inherit !== authenticator;
}
