import type pg from 'pg';

/**
 * A check of what a run changes. It reads the database before the run changes anything, and returns a function that reads it
 * again in the transaction of the run, before the commit. What either throws stops the run, and that transaction is rolled
 * back. The session has the search path `pg_catalog`, and each is called again if Postgres reports a conflict.
 */
export type ApplyGate = (client: pg.ClientBase) => Promise<() => Promise<void>>;
