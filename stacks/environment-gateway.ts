import { refuse } from '../errors/secured-postgrest-error.ts';

/** Published port of the API. */
export const API_PORT = 3000;

/**
 * True unless `GATEWAY` is `off`.
 *
 * @throws SecuredPostgrestError `invalid_prop`
 */
export function hasGateway(env: NodeJS.ProcessEnv = process.env): boolean {
  const { GATEWAY: value = '' } = env;
  if (['', 'on', 'off'].includes(value)) return value !== 'off';
  refuse('invalid_prop', 'GATEWAY', `"${value}" is neither on nor off`, 'write GATEWAY=off to leave the gateway out');
}
