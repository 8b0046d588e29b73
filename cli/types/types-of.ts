import { apiRoles } from '../../declaration/roles.ts';
import type { Declaration } from '../../declaration/types.ts';
import { withClient } from '../../postgres/with-client.ts';
import { startSource } from '../../testing/source.ts';
import { readDatabase } from './read-database.ts';
import { typeScript } from './typescript.ts';

/** TypeScript types of the database that a declaration makes: it is applied to an empty one. */
export async function typesOf(declaration: Declaration): Promise<string> {
  const { schemas, internalSchemas } = declaration;
  const source = await startSource(declaration);
  try {
    const database = await source.inCopy((connection) =>
      withClient(connection, (client) => readDatabase(client, [...schemas, ...internalSchemas])),
    );
    return typeScript(database, {
      schemas,
      internalSchemas,
      roles: apiRoles(declaration).map(({ name }) => name),
      postgrestVersion: declaration.server.version,
    });
  } finally {
    await source.stop();
  }
}
