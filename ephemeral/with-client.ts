import pg from 'pg';
import type { LocalConnection } from './postgres-server.ts';

/** Connects, does the work and disconnects. */
export async function withClient<T>(
  connection: LocalConnection,
  work: (client: pg.ClientBase) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ ...connection, connectionTimeoutMillis: 5000 });
  // A lost connection fails the work; it must not end this process besides.
  client.on('error', () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
