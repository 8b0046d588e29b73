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
