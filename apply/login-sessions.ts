import type pg from 'pg';
import { secondLogin } from '../declaration/roles.ts';
import { INSUFFICIENT_PRIVILEGE } from '../postgres/sqlstate.ts';
import { raw, statementsOf } from '../postgres/statements.ts';

const statement = statementsOf('apply/listeners');

/** The roles that servers sign in as. */
export function loginsOf(authenticator: string): readonly string[] {
  return [authenticator, secondLogin(authenticator)];
}

/**
 * Reads the sessions of logins. An admin that is no superuser becomes their member for it, in a transaction that is undone.
 *
 * @returns undefined where the admin cannot become their member
 */
export async function readSessions<Row extends pg.QueryResultRow>(
  client: pg.ClientBase,
  logins: readonly string[],
  query: { readonly text: string; readonly values: readonly unknown[] },
): Promise<Row[] | undefined> {
  await client.query('BEGIN');
  try {
    const { rows: unseen } = await client.query<{ name: string; inherit: string }>(statement('unseen_logins'), [
      logins,
    ]);
    for (const { name: login, inherit } of unseen) {
      await client.query(statement('join', { login, inherit: raw(inherit) }));
    }
    return (await client.query<Row>(query.text, [...query.values])).rows;
  } catch (error) {
    if ((error as { code?: string }).code === INSUFFICIENT_PRIVILEGE) return undefined;
    throw error;
  } finally {
    await client.query('ROLLBACK');
  }
}
