import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { statementsOf } from '../postgres/statements.ts';
import { loginsOf, readSessions } from './login-sessions.ts';

const statement = statementsOf('apply/statements');
const listeners = statementsOf('apply/listeners');

const PAUSE_MS = 5;
const NOTIFY_EVERY_MS = 250;
/** From the end of the transaction in which a server reads the schema until requests meet what it has read. */
const GRACE_MS = 25;

/** A session of a server. */
interface ServerSession {
  readonly pid: number;
  readonly address: string;
  /** The one session of each server that listens for notifications. */
  readonly listens: boolean;
  /** A transaction that reads the schema is open. */
  readonly reads: boolean;
  /** Start of that transaction. */
  readonly started: string;
  /** The transaction began after the change. */
  readonly fresh: boolean;
  readonly readable: boolean;
}

/**
 * Waits until each server that listens has read the schema as it is now. Sessions show it: PostgREST reads the schema in one
 * transaction, which has to begin after the change. Until then a server answers 404 for a new table, or 400 for a new column.
 *
 * @param client of an admin, outside of a transaction
 * @returns addresses of servers that have not read the schema within the time; none also where no session can be seen
 */
export async function untilSchemaRead(
  client: pg.ClientBase,
  { authenticator, timeoutMs }: { readonly authenticator: string; readonly timeoutMs: number },
): Promise<readonly string[]> {
  const logins = loginsOf(authenticator);
  const deadline = performance.now() + timeoutMs;
  const { now: since } = (await client.query<{ now: string }>(listeners('time'))).rows[0]!;
  const query = { text: listeners('schema_reads'), values: [logins, since] };
  const read = new Map<string, Set<string>>();
  let notified: number | undefined;
  for (;;) {
    const sessions = await readSessions<ServerSession>(client, logins, query);
    if (sessions === undefined || sessions.some(({ readable }) => !readable)) return [];
    const reading = sessions.filter(({ reads }) => reads);
    for (const { address, pid, started } of reading.filter(({ fresh }) => fresh)) {
      read.set(address, (read.get(address) ?? new Set()).add(`${pid} ${started}`));
    }
    const behind = [...countByAddress(sessions.filter(({ listens }) => listens))]
      .filter(([address, servers]) => (read.get(address)?.size ?? 0) < servers)
      .map(([address]) => address);
    if (behind.length === 0 && reading.every(({ fresh }) => !fresh)) {
      if (read.size > 0) await delay(GRACE_MS);
      return [];
    }
    const now = performance.now();
    if (now > deadline) {
      const addresses = new Set([...behind, ...reading.map(({ address }) => address)]);
      return [...addresses].map((address) => address || 'a local socket');
    }
    notified ??= reading.length > 0 ? -Infinity : now;
    // What was read before the change may have been asked for by the change's own notification.
    if (behind.length > 0 && now - notified > NOTIFY_EVERY_MS) {
      notified = now;
      await client.query(statement('reload_schema'));
    }
    await delay(PAUSE_MS);
  }
}

function countByAddress(sessions: readonly ServerSession[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { address } of sessions) counts.set(address, (counts.get(address) ?? 0) + 1);
  return counts;
}
