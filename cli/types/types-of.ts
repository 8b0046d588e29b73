import { newestVersion } from '../../declaration/releases/releases.ts';
import { apiRoles } from '../../declaration/roles.ts';
import type { Declaration } from '../../declaration/types.ts';
import { connect, type DatabaseConnection } from '../../postgres/connect.ts';
import { startSource } from '../../testing/source.ts';
import { readDatabase } from './read-database.ts';
import { typeScript, type TypedNames } from './typescript.ts';

/** TypeScript types of the database that a declaration makes: it is applied to an empty one. */
export async function typesOfDeclaration(declaration: Declaration): Promise<string> {
  const source = await startSource(declaration);
  try {
    return await source.inCopy((connection) => typesOfDatabase(connection, namesOf(declaration)));
  } finally {
    await source.stop();
  }
}

/** The names of a declaration, whatever a database has. */
export function namesOf(declaration: Declaration): TypedNames {
  const { schemas, internalSchemas, owner, server } = declaration;
  const roles = apiRoles(declaration).map(({ name }) => name);
  return { schemas, internalSchemas, roles, owner, postgrestVersion: server.version };
}

/**
 * TypeScript types of a database that runs. It is only read.
 *
 * @param names `roles` defaults to those that something in the schemas is granted to
 *
 * @throws SecuredPostgrestError `database_unreachable`, `unsupported_database`, `transaction_pooler`, `unknown_schema`
 */
export async function typesOfDatabase(
  connection: DatabaseConnection,
  names: Pick<TypedNames, 'schemas'> & Partial<TypedNames>,
): Promise<string> {
  const client = await connect(connection, 'impatient');
  try {
    const { schemas, internalSchemas = [], postgrestVersion = newestVersion('PostgREST') } = names;
    const database = await readDatabase(client, [...schemas, ...internalSchemas]);
    return typeScript(database, {
      schemas,
      internalSchemas,
      postgrestVersion,
      roles: names.roles ?? database.grantees,
      owner: names.owner,
    });
  } finally {
    await client.end();
  }
}
