import type pg from 'pg';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { LOCK_NOT_AVAILABLE } from './sqlstate.ts';
import { statementsOf } from './statements.ts';

const statement = statementsOf('postgres/session');

/** How long to wait for another run on the same declaration. */
const OTHER_RUN_TIMEOUT_MS = 60_000;
/** How long to wait for a table that requests are using. Each further request waits behind this run meanwhile. */
const TABLE_LOCK_TIMEOUT_MS = 5_000;

/**
 * Locks a declaration, so that one run at a time changes its database. The lock belongs to the connection: Postgres
 * releases it when a run is killed. Call {@link configureSession} first.
 */
export async function lock(client: pg.ClientBase, name: string, timeoutMs = OTHER_RUN_TIMEOUT_MS): Promise<void> {
  const timeouts = { timeout_ms: String(timeoutMs), table_timeout_ms: String(TABLE_LOCK_TIMEOUT_MS) };
  try {
    await client.query(statement('lock', { name, ...timeouts }));
  } catch (error) {
    if ((error as { code?: string }).code !== LOCK_NOT_AVAILABLE) throw error;
    const { rows } = await client.query<{ pid: number; address: string | null; since: string }>(
      statement('lock_holder', { name }),
    );
    const holder = rows[0]
      ? ` by process ${rows[0].pid} from ${rows[0].address ?? 'a socket'}, since ${rows[0].since}`
      : '';
    refuse(
      'database_locked',
      `declaration ${name}`,
      `another run holds the lock${holder}`,
      'wait for it to end, then deploy again',
      error,
    );
  }
}

/**
 * Sets what a session that changes access relies on, whatever the database's own settings are: names mean Postgres' own
 * functions and operators, catalogs show names in full, and a backslash in a string is an ordinary character.
 */
export async function configureSession(client: pg.ClientBase): Promise<void> {
  await client.query(sessionSettings());
}

/** The statements of {@link configureSession}, for a message that has others as well. */
export function sessionSettings(): string {
  return statement('configure_session', { table_timeout_ms: String(TABLE_LOCK_TIMEOUT_MS) });
}
