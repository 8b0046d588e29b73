import type { ContainerProps } from '../constructs/index.ts';
import { environmentCount, environmentCpus, environmentPort } from './environment-numbers.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { keysFromCommand, keysFromEnvironment, parseKeysCommand, type KeyStore } from '../tokens/index.ts';

/** Memory and CPU limits of a container. */
type ContainerLimits = Pick<ContainerProps, 'memory' | 'cpus'>;

/** Settings of a deploy that environment variables may give, so that images and ports need no change of code. */
export interface DeployEnvironment {
  readonly postgresImage?: string;
  readonly postgrestImage?: string;
  readonly databasePort?: number;
  readonly apiPort?: number;
  readonly servers?: number;
  /** Limits of the database's container, and of each server's. */
  readonly databaseLimits: ContainerLimits;
  readonly apiLimits: ContainerLimits;
  readonly secretsDirectory?: string;
  /** Where the private keys are kept, if not in files. */
  readonly keys?: KeyStore;
}

/**
 * Reads `POSTGRES_IMAGE`, `POSTGREST_IMAGE`, `DATABASE_PORT`, `API_PORT`, `API_SERVERS`, `DATABASE_MEMORY` and `API_MEMORY` in
 * megabytes, `DATABASE_CPUS`, `API_CPUS`, `SECRETS_DIRECTORY`, `KEYS_FROM_ENV` and `KEYS_COMMAND`.
 *
 * @throws SecuredPostgrestError `invalid_prop` with the name of the variable
 */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): DeployEnvironment {
  return {
    ...(env['POSTGRES_IMAGE'] && { postgresImage: env['POSTGRES_IMAGE'] }),
    ...(env['POSTGREST_IMAGE'] && { postgrestImage: env['POSTGREST_IMAGE'] }),
    ...defined({
      databasePort: environmentPort('DATABASE_PORT', env),
      apiPort: environmentPort('API_PORT', env),
      servers: environmentCount('API_SERVERS', env),
    }),
    databaseLimits: limitsOf('DATABASE', env),
    apiLimits: limitsOf('API', env),
    ...(env['SECRETS_DIRECTORY'] && { secretsDirectory: env['SECRETS_DIRECTORY'] }),
    ...keysOf(env),
  };
}

function limitsOf(container: string, env: NodeJS.ProcessEnv): ContainerLimits {
  return defined({
    memory: environmentCount(`${container}_MEMORY`, env),
    cpus: environmentCpus(`${container}_CPUS`, env),
  });
}

/** Without what the environment leaves out. */
function defined<T extends object>(values: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}

function keysOf({ KEYS_FROM_ENV: variable, KEYS_COMMAND: text }: NodeJS.ProcessEnv): Pick<DeployEnvironment, 'keys'> {
  if (!text) return variable ? { keys: keysFromEnvironment(variable) } : {};
  const command = parseKeysCommand(text);
  if (!command)
    refuse('invalid_prop', 'KEYS_COMMAND', `${text} is no command`, 'write it like ["vault","read","keys"]');
  return { keys: keysFromCommand(command) };
}
