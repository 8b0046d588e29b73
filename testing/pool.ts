import pg from 'pg';
import { clientOptions, type DatabaseConnection } from '../postgres/connect.ts';

/**
 * Makes a pool whose idle sessions let this process exit. A lost session fails its queries, but does not end this process:
 * Postgres may terminate it with its server, or with all sessions of its database.
 */
export function newPool(
  connection: DatabaseConnection,
  options: Pick<pg.PoolConfig, 'max' | 'connectionTimeoutMillis'>,
) {
  const pool = new pg.Pool({ ...clientOptions(connection), ...options, allowExitOnIdle: true });
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** A pool whose end is told to queries that still wait for a session: pg's own would never answer them. */
export class QueryPool {
  readonly #pool: pg.Pool;
  readonly #waiting = new Set<(answer: undefined) => void>();

  constructor(...args: Parameters<typeof newPool>) {
    this.#pool = newPool(...args);
  }

  connect(): Promise<pg.PoolClient> {
    return this.#pool.connect();
  }

  /** Undefined if the pool ended before the query began. */
  query<Row extends pg.QueryResultRow>(
    text: string,
    values: readonly unknown[],
  ): Promise<pg.QueryResult<Row> | undefined> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(resolve);
      const forget = () => this.#waiting.delete(resolve);
      void this.#pool
        .query<Row>(text, [...values])
        .then(resolve, reject)
        .finally(forget);
    });
  }

  /** Resolves when all queries that have begun have ended. */
  async end(): Promise<void> {
    await this.#pool.end();
    // Queries that have begun are answered first.
    setImmediate(() => this.#waiting.forEach((resolve) => resolve(undefined)));
  }
}
