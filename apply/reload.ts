import { connect, type DatabaseConnection } from '../postgres/connect.ts';
import { statementsOf } from '../postgres/statements.ts';

const statement = statementsOf('apply/statements');

/**
 * Notifies every running server to reload its configuration and keys (documentation of `db-channel-enabled`).
 *
 * @throws SecuredPostgrestError `database_unreachable`
 */
export async function reloadServers(connection: DatabaseConnection): Promise<void> {
  const client = await connect(connection);
  try {
    await client.query(statement('reload_config'));
  } finally {
    await client.end();
  }
}
