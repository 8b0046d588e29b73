import pg from 'pg';
import { clientOptions, type DatabaseConnection } from '../apply/connect.ts';

/** Connects, does the work and disconnects. */
export async function withClient<T>(
  connection: DatabaseConnection,
  work: (client: pg.ClientBase) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ ...clientOptions(connection), connectionTimeoutMillis: 5000 });
  // A lost connection fails the work; it must not end this process besides.
  client.on('error', () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
