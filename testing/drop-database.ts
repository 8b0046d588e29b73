import pg from 'pg';
import type { DatabaseConnection } from '../postgres/connect.ts';
import { OBJECT_IN_USE } from '../postgres/sqlstate.ts';
import { statementsOf } from '../postgres/statements.ts';
import { withClient } from '../postgres/with-client.ts';

const statement = statementsOf('testing/databases');

/** Drops a database with its sessions, subscriptions and prepared transactions. */
export async function dropDatabase(admin: pg.ClientBase | pg.Pool, connection: DatabaseConnection): Promise<void> {
  const sql = statement('drop_database', { name: connection.database });
  try {
    await admin.query(sql);
  } catch (error) {
    if (!(error instanceof pg.DatabaseError) || error.code !== OBJECT_IN_USE) throw error;
    await withClient(connection, async (client) => {
      const { rows } = await client.query<{ remove: string }>(statement('holders'));
      for (const { remove } of rows) await client.query(remove);
    });
    await admin.query(sql);
  }
}
