import { setTimeout as delay } from 'node:timers/promises';
import { refuse } from '../errors/secured-postgrest-error.ts';
import type { RunningPostgrest } from './servers/postgrest-server.ts';

const TIMEOUT_MS = 30_000;
const NOTIFY_EVERY_MS = 1000;

/**
 * Counts how often a server that serves has read the database's schemas. Each version prints a line for it, on every log level;
 * 16 serves before it prints the first.
 */
export function schemaLoads(server: Pick<RunningPostgrest, 'logs'>): number {
  return Math.max(1, server.logs().match(/Schema cache loaded( in .*)?$/gm)?.length ?? 0);
}

/**
 * Waits until a server has read the schemas once more. Until then it answers 404 for a new table, or 400 for a new column.
 *
 * @param before how often it had read them before they changed
 * @param notify tells the server again; without a connection it misses a notification
 * @throws SecuredPostgrestError `server_not_ready` after 30 s
 */
export async function untilSchemaLoaded(
  server: Pick<RunningPostgrest, 'logs' | 'url'>,
  before: number,
  notify: () => Promise<unknown>,
): Promise<void> {
  const started = performance.now();
  let notified = started;
  while (schemaLoads(server) <= before) {
    const now = performance.now();
    if (now - started > TIMEOUT_MS) {
      const problem = `the server has not read the new schema within ${TIMEOUT_MS / 1000} s`;
      refuse('server_not_ready', server.url, problem, 'see its log');
    }
    if (now - notified > NOTIFY_EVERY_MS) {
      notified = now;
      await notify();
    }
    await delay(10);
  }
}
