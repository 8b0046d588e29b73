import pg from 'pg';
import { clientOptions, type DatabaseConnection } from '../postgres/connect.ts';

/**
 * Sessions that this process need not wait for. One that is lost, in use or idle, fails its queries, but does not end this process:
 * it may be terminated with its server, or with all others of its database.
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
