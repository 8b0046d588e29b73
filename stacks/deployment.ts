import type { App } from 'cdktf';
import { SecretsDirectory } from '../constructs/index.ts';
import type { Declaration } from '../declaration/index.ts';
import { ApiStack } from './api-stack.ts';
import { DatabaseStack } from './database-stack.ts';
import { readEnvironment } from './environment.ts';

/** The two stacks of a declaration: `<name>-database`, then `<name>-api`. */
export function addStacks(app: App, declaration: Declaration): { database: DatabaseStack; api: ApiStack } {
  const { name } = declaration;
  const { postgresImage, postgrestImage, databasePort, apiPort, servers, secretsDirectory } = readEnvironment();
  const secrets = new SecretsDirectory({ name, ...(secretsDirectory && { directory: secretsDirectory }) });
  const database = new DatabaseStack(app, `${name}-database`, {
    name,
    secrets,
    ...(postgresImage && { image: postgresImage }),
    ...(databasePort && { port: databasePort }),
  });
  const api = new ApiStack(app, `${name}-api`, {
    declaration,
    database: database.database,
    secrets,
    ...(postgrestImage && { image: postgrestImage }),
    ...(apiPort && { port: apiPort }),
    ...(servers && { servers }),
  });
  return { database, api };
}
