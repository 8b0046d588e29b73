import type pg from 'pg';
import { connect, type DatabaseConnection } from './connect.ts';

/**
 * Connects to a server that a user names, does the work and disconnects.
 *
 * @throws SecuredPostgrestError as {@link connect} does
 */
export async function withConnection<T>(
  connection: DatabaseConnection,
  work: (client: pg.ClientBase) => Promise<T>,
): Promise<T> {
  const client = await connect(connection);
  try {
    return await work(client);
  } finally {
    await client.end().catch(() => undefined);
  }
}
