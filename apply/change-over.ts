import { randomBytes } from 'node:crypto';
import { connect, type DatabaseConnection } from '../postgres/connect.ts';
import { setPassword } from './create-roles.ts';

/** A role with the password that it signs in with. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

/**
 * Retires a login: checks that another one works, then sets a random password that nobody knows. Open sessions stay.
 *
 * @throws SecuredPostgrestError `database_unreachable` if the new login does not work; `access_sql_failed`
 */
export async function changeOver(admin: DatabaseConnection, to: Login, from: string): Promise<void> {
  await (await connect({ ...admin, ...to })).end();
  const client = await connect(admin);
  try {
    await setPassword(client, from, randomBytes(32).toString('base64url'));
  } finally {
    await client.end();
  }
}
