import { refuse } from '../errors/secured-postgrest-error.ts';
import { connect, type DatabaseConnection } from '../postgres/connect.ts';
import { statementsOf } from '../postgres/statements.ts';
import { loginsOf } from './login-sessions.ts';

const statement = statementsOf('apply/connections');

interface Limit {
  /** Such as `max_connections`. */
  readonly name: string;
  /** Connections that are left for servers. */
  readonly connections: number;
}

/**
 * Checks that a database takes as many connections as the servers may open.
 *
 * @throws SecuredPostgrestError `too_many_connections`
 */
export async function checkConnectionLimit(
  connection: DatabaseConnection,
  { authenticator, needed }: { readonly authenticator: string; readonly needed: number },
): Promise<void> {
  const client = await connect(connection);
  try {
    const { rows } = await client.query<Limit>(statement('limits'), [loginsOf(authenticator)]);
    const lowest = rows.find(({ connections }) => connections < needed);
    if (lowest === undefined) return;
    refuse(
      'too_many_connections',
      `database ${connection.database}`,
      `the servers may open ${needed} connections, and ${lowest.name} leaves ${lowest.connections}`,
      'lower the number of servers or the declared `server.poolSize`, raise the limit, or put a pooler in session mode before it',
    );
  } finally {
    await client.end();
  }
}
