import type { App } from '../constructs/synth/cdk/core.ts';
import { SecretsDirectory } from '../constructs/index.ts';
import type { Declaration } from '../declaration/index.ts';
import { AccessStack } from './access-stack.ts';
import { ApiStack } from './api-stack.ts';
import { DatabaseStack } from './database-stack.ts';
import { readEnvironment } from './environment.ts';

/** The three stacks of a declaration, each deployed after the one before: `<name>-database`, `-access` and `-api`. */
export function addStacks(app: App, declaration: Declaration): void {
  const { name, acceptedAdvisories } = declaration;
  const {
    postgresImage,
    postgrestImage,
    databasePort,
    apiPort,
    servers,
    databaseLimits,
    apiLimits,
    secretsDirectory,
    keys,
  } = readEnvironment();
  const secrets = new SecretsDirectory({
    name,
    ...(secretsDirectory && { directory: secretsDirectory }),
    ...(keys && { keys }),
  });
  const { database } = new DatabaseStack(app, `${name}-database`, {
    name,
    secrets,
    ...(postgresImage && { image: postgresImage }),
    ...(acceptedAdvisories && { acceptedAdvisories }),
    ...(databasePort !== undefined && { port: databasePort }),
    ...databaseLimits,
  });
  const access = new AccessStack(app, `${name}-access`, {
    declaration,
    database,
    secrets,
    ...(postgrestImage && { serverImage: postgrestImage }),
  });
  new ApiStack(app, `${name}-api`, {
    declaration,
    database,
    access: access.access,
    secrets,
    ...(postgrestImage && { image: postgrestImage }),
    ...(apiPort !== undefined && { port: apiPort }),
    ...(servers !== undefined && { servers }),
    ...apiLimits,
  });
}
