import { setTimeout as delay } from 'node:timers/promises';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { connect, type DatabaseConnection } from '../postgres/connect.ts';
import { statementsOf } from '../postgres/statements.ts';
import { loginsOf, readSessions } from './login-sessions.ts';

const statement = statementsOf('apply/statements');
const listeners = statementsOf('apply/listeners');

export interface ListenersOptions {
  /** Login role of the servers. */
  readonly authenticator: string;
  /** Number of servers, all of them ready. */
  readonly servers: number;
  /** Time that it may take. */
  readonly timeoutSeconds: number;
}

const PAUSE_MS = 100;
const NOTIFY_EVERY_MS = 3000;

interface Sessions {
  readonly listening: number;
  /** Sessions that do not listen. */
  readonly others: number;
  /** Those of them that have run a query since the notification. */
  readonly recent: number;
  /** Sessions whose activity the admin cannot see, or Postgres does not track. */
  readonly unreadable: number;
}

/**
 * Waits until each server listens for notifications and acts on one. Behind a pooler in transaction mode, a server
 * never learns of new keys or a new schema: its LISTEN stays with a backend that other transactions use next, or that
 * nobody reads from. Does nothing if the admin cannot see the activity of sessions.
 *
 * @throws SecuredPostgrestError `transaction_pooler`
 */
export async function untilServersListen(connection: DatabaseConnection, options: ListenersOptions): Promise<void> {
  const logins = loginsOf(options.authenticator);
  const client = await connect(connection);
  try {
    const deadline = performance.now() + options.timeoutSeconds * 1000;
    for (;;) {
      const since = (await client.query<{ now: string }>(listeners('time'))).rows[0]!.now;
      await client.query(statement('reload_schema'));
      const again = performance.now() + NOTIFY_EVERY_MS;
      while (performance.now() < again) {
        const query = { text: listeners('sessions'), values: [logins, since] };
        const [sessions] = (await readSessions<Sessions>(client, logins, query)) ?? [];
        if (sessions === undefined || sessions.unreadable > 0) return;
        const { listening, others, recent } = sessions;
        if (listening >= options.servers && (others === 0 || recent > 0)) return;
        if (performance.now() > deadline) refuseDeaf(listening, options);
        await delay(PAUSE_MS);
      }
    }
  } finally {
    await client.end();
  }
}

function refuseDeaf(listening: number, { authenticator, servers, timeoutSeconds }: ListenersOptions): never {
  refuse(
    'transaction_pooler',
    `role ${authenticator}`,
    `after ${timeoutSeconds} s the servers do not act on notifications (${listening} of ${servers} listen), as behind a pooler in transaction mode`,
    'give the servers a pooler in session mode or a direct connection',
  );
}
