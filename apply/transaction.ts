import type pg from 'pg';
import { inOneMessage, setRole } from './run-steps.ts';

/** Runs in a transaction of its own: all of it stays, or nothing. */
export async function transaction<T>(client: pg.ClientBase, run: () => Promise<T>): Promise<T> {
  await client.query('BEGIN');
  try {
    const result = await run();
    await client.query('COMMIT');
    return result;
  } catch (error) {
    await client.query(inOneMessage(['ROLLBACK', setRole()])).catch(() => undefined);
    throw error;
  }
}
