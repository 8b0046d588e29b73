import pg from 'pg';
import { clientOptions, type DatabaseConnection } from './connect.ts';

/** Makes a client. A lost connection fails its queries, but does not end this process. */
export function newClient(connection: DatabaseConnection): pg.Client {
  const client = new pg.Client({ ...clientOptions(connection), connectionTimeoutMillis: 5000 });
  client.on('error', () => {});
  return client;
}

/** Connects, does the work and disconnects. */
export async function withClient<T>(
  connection: DatabaseConnection,
  work: (client: pg.ClientBase) => Promise<T>,
): Promise<T> {
  const client = newClient(connection);
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
