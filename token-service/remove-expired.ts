import { statementsOf } from '../postgres/statements.ts';
import type { Database } from './database.ts';
import { codeOf, type Log } from './log.ts';

const statement = statementsOf('token-service/tokens');

/** Small, so that requests do not wait for it. */
const BATCH = 1000;
const INTERVAL_MS = 60_000;

/** Removes what has expired, a batch at a time, and returns how many rows that were. */
export async function removeExpiredOnce(database: Database, schema: string): Promise<number> {
  let removed = 0;
  for (const name of ['remove_expired_tokens', 'remove_expired_attempts'] as const) {
    const prepared = { name, text: statement(name, { schema }) };
    for (;;) {
      const { rowCount } = await database.query(prepared, [BATCH]);
      removed += rowCount ?? 0;
      if ((rowCount ?? 0) < BATCH) break;
    }
  }
  return removed;
}

/** The same every minute; several services do no harm to each other. */
export function removeExpired(database: Database, schema: string, log: Log): { stop(): void } {
  const timer = setInterval(() => {
    removeExpiredOnce(database, schema).catch((error: unknown) => log({ event: 'unavailable', ...codeOf(error) }));
  }, INTERVAL_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
