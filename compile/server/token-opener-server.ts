import type { Declaration } from '../../declaration/types.ts';
import { checkLimits, type GivenLimits } from './limits.ts';
import { nodeFetch } from './node-fetch.ts';
import { pathOf, type Server, type ServerFile } from './server.ts';

const DEFAULTS = { user: '1000:1000', memoryMegabytes: 192, cpus: 1 };
const PORT = 8070;

/** Private keys of encrypted tokens. New ones reach the opener without a restart. */
const KEYS: ServerFile = {
  id: 'encryption-keys',
  directory: '/etc/token-opener/encryption-keys',
  fileName: 'encryption-keys',
  read: 'running',
};

/**
 * The opener of a declaration's encrypted tokens, which the gateway asks about each token.
 *
 * @param place of the limits, for errors
 * @throws SecuredPostgrestError `invalid_prop`
 */
export function tokenOpenerServer(
  place: string,
  encryption: NonNullable<Declaration['tokens']['encryption']>,
  options: GivenLimits & {
    /** @default every IPv4 address */
    readonly listenHost?: string;
  },
): Server {
  return {
    name: 'token-opener',
    command: [
      ...['gateway', 'open', '--encryption', encryption, '--keys-file', pathOf(KEYS)],
      ...['--listen', String(PORT), '--listen-host', options.listenHost ?? '0.0.0.0'],
    ],
    environment: {},
    files: [KEYS],
    port: PORT,
    healthCheck: {
      command: nodeFetch(`http://127.0.0.1:${PORT}/keys`),
      intervalSeconds: 5,
      timeoutSeconds: 5,
      retries: 6,
    },
    stop: { graceSeconds: 10 },
    limits: checkLimits(place, options, DEFAULTS),
  };
}
