import { connect, type DatabaseConnection } from '../postgres/connect.ts';
import { statementsOf } from '../postgres/statements.ts';

const statement = statementsOf('apply/statements');

/**
 * Tells every running server to read its configuration and keys again (documentation of `db-channel-enabled`).
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
