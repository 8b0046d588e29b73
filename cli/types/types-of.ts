import { apiRoles } from '../../declaration/roles.ts';
import type { Declaration } from '../../declaration/types.ts';
import { startEphemeralPostgrest } from '../../testing/index.ts';
import { readDatabase } from './read-database.ts';
import { typeScript } from './typescript.ts';

/** TypeScript types of the database that a declaration makes: it is applied to an empty one. */
export async function typesOf(declaration: Declaration): Promise<string> {
  await using environment = await startEphemeralPostgrest(declaration);
  const { schemas, internalSchemas } = declaration;
  const database = await readDatabase(
    (text, values) => environment.sql(text, values),
    [...schemas, ...internalSchemas],
  );
  return typeScript(database, {
    schemas,
    internalSchemas,
    roles: apiRoles(declaration).map(({ name }) => name),
    postgrestVersion: declaration.server.version,
  });
}
