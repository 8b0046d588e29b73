import type pg from 'pg';
import { apiRoles } from '../declaration/roles.ts';
import type { Declaration } from '../declaration/types.ts';
import { declaredRoles } from './catalog.ts';
import { statement } from './statements.ts';

/**
 * Makes the roles of a declaration with exactly their attributes and memberships, where Terraform does not manage them.
 * Their settings are the runner's work. It can be repeated.
 */
export async function createRoles(
  client: pg.ClientBase,
  declaration: Declaration,
  passwords: { authenticator: string },
): Promise<void> {
  const query = async <Row extends pg.QueryResultRow>(name: string, values: Parameters<typeof statement>[1]) =>
    (await client.query<Row>(statement(name, values, 'roles'))).rows;
  const roles = declaredRoles(declaration);
  const existing = (await query<{ name: string }>('read_roles', { roles })).map(({ name }) => name);
  for (const role of roles) {
    if (!existing.includes(role)) await query('create_role', { role });
    if (role === declaration.authenticator)
      await query('settle_authenticator', { role, password: passwords.authenticator });
    else await query('settle_api_role', { role });
  }
  const wanted = memberships(declaration);
  const held = await query<{ role: string; member: string }>('read_memberships', { roles });
  const among = (list: readonly { role: string; member: string }[]) => (membership: { role: string; member: string }) =>
    list.some(({ role, member }) => role === membership.role && member === membership.member);
  for (const membership of held.filter((one) => !among(wanted)(one)))
    await query('revoke_membership', { ...membership });
  for (const membership of wanted.filter((one) => !among(held)(one)))
    await query('grant_membership', { ...membership });
}

function memberships(declaration: Declaration): { role: string; member: string }[] {
  const { authenticator } = declaration;
  return apiRoles(declaration).flatMap(({ name, inherits }) => [
    { role: name, member: authenticator },
    ...inherits.map((role) => ({ role, member: name })),
  ]);
}
