import type { ContainerProps } from '../constructs/index.ts';
import { refuse } from '../declaration/errors.ts';
import { keysFromCommand, keysFromEnvironment, parseKeysCommand, type KeyStore } from '../jwt/index.ts';

/** What a container may use of its machine. */
type ContainerLimits = Pick<ContainerProps, 'memory' | 'cpus'>;

/** What the environment may decide about a deploy, so that images and ports need no change of code. */
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
 */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env): DeployEnvironment {
  return {
    ...(env['POSTGRES_IMAGE'] && { postgresImage: env['POSTGRES_IMAGE'] }),
    ...(env['POSTGREST_IMAGE'] && { postgrestImage: env['POSTGREST_IMAGE'] }),
    ...(env['DATABASE_PORT'] && { databasePort: Number(env['DATABASE_PORT']) }),
    ...(env['API_PORT'] && { apiPort: Number(env['API_PORT']) }),
    ...(env['API_SERVERS'] && { servers: Number(env['API_SERVERS']) }),
    databaseLimits: limitsOf(env['DATABASE_MEMORY'], env['DATABASE_CPUS']),
    apiLimits: limitsOf(env['API_MEMORY'], env['API_CPUS']),
    ...(env['SECRETS_DIRECTORY'] && { secretsDirectory: env['SECRETS_DIRECTORY'] }),
    ...keysOf(env),
  };
}

function limitsOf(memory: string | undefined, cpus: string | undefined): ContainerLimits {
  return { ...(memory && { memory: Number(memory) }), ...(cpus && { cpus: Number(cpus) }) };
}

function keysOf({ KEYS_FROM_ENV: variable, KEYS_COMMAND: text }: NodeJS.ProcessEnv): Pick<DeployEnvironment, 'keys'> {
  if (!text) return variable ? { keys: keysFromEnvironment(variable) } : {};
  const command = parseKeysCommand(text);
  if (!command)
    refuse('invalid_prop', 'KEYS_COMMAND', `${text} is no command`, 'write it like ["vault","read","keys"]');
  return { keys: keysFromCommand(command) };
}
