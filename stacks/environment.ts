import { type ContainerProps, SecretsDirectory } from '../constructs/index.ts';
import type { SecuredPostgrestStacksProps } from './add-stacks.ts';
import { API_PORT, hasGateway } from './environment-gateway.ts';
import { environmentCount, environmentCpus, environmentPort } from './environment-numbers.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { keysFromCommand, keysFromEnvironment, parseKeysCommand, type KeyStore } from '../tokens/index.ts';

/**
 * Options of the stacks from `POSTGRES_IMAGE`, `POSTGREST_IMAGE`, `DATABASE_PORT`, `API_PORT`, `API_SERVERS`, `DATABASE_MEMORY` and
 * `API_MEMORY` in megabytes, `DATABASE_CPUS`, `API_CPUS`, `SECRETS_DIRECTORY`, `KEYS_FROM_ENV`, `KEYS_COMMAND`, `GATEWAY=off`,
 * `GATEWAY_IMAGE` and `GATEWAY_STATUS_PORT`. With a gateway, `API_PORT` is its port.
 *
 * @param name the declaration's name
 * @throws SecuredPostgrestError `invalid_prop` with the name of the variable
 */
export function readEnvironment(
  name: string,
  env: NodeJS.ProcessEnv = process.env,
): Required<SecuredPostgrestStacksProps> {
  const { POSTGRES_IMAGE, POSTGREST_IMAGE, SECRETS_DIRECTORY: directory } = env;
  return {
    database: {
      ...(POSTGRES_IMAGE && { image: POSTGRES_IMAGE }),
      ...defined({ port: environmentPort('DATABASE_PORT', env) }),
      ...limitsOf('DATABASE', env),
    },
    api: {
      ...(POSTGREST_IMAGE && { image: POSTGREST_IMAGE }),
      ...defined({ port: environmentPort('API_PORT', env), servers: environmentCount('API_SERVERS', env) }),
      ...limitsOf('API', env),
    },
    gateway: hasGateway(env) && {
      port: environmentPort('API_PORT', env) ?? API_PORT,
      ...(env['GATEWAY_IMAGE'] && { image: env['GATEWAY_IMAGE'] }),
      ...defined({ statusPort: environmentPort('GATEWAY_STATUS_PORT', env) }),
    },
    // Makes the directory: a wrong variable is refused first.
    secrets: new SecretsDirectory({ name, ...(directory && { directory }), ...keysOf(env) }),
  };
}

function limitsOf(container: string, env: NodeJS.ProcessEnv): Pick<ContainerProps, 'memory' | 'cpus'> {
  return defined({
    memory: environmentCount(`${container}_MEMORY`, env),
    cpus: environmentCpus(`${container}_CPUS`, env),
  });
}

/** Without what the environment leaves out. */
function defined<T extends object>(values: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as T;
}

function keysOf({ KEYS_FROM_ENV: variable, KEYS_COMMAND: text }: NodeJS.ProcessEnv): { keys?: KeyStore } {
  if (!text) return variable ? { keys: keysFromEnvironment(variable) } : {};
  const command = parseKeysCommand(text);
  if (!command)
    refuse('invalid_prop', 'KEYS_COMMAND', `${text} is no command`, 'write it like ["vault","read","keys"]');
  return { keys: keysFromCommand(command) };
}
