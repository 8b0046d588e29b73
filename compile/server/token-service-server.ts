import type { Lifetimes } from '../../declaration/token-service/token-lifetimes.ts';
import { tokenServiceNames } from '../../declaration/token-service/token-service.ts';
import type { Declaration } from '../../declaration/types.ts';
import { checkLimits, type GivenLimits } from './limits.ts';
import { nodeFetch } from './node-fetch.ts';
import { pathOf, type Server, type ServerDatabase, type ServerFile } from './server.ts';

const DEFAULTS = { user: '1000:1000', memoryMegabytes: 256, cpus: 1 };
const PORT = 8090;
const TLS_PORT = 8443;

const file = (id: string, fileName: string, read: ServerFile['read']): ServerFile => ({
  id,
  directory: `/etc/token-service/${id}`,
  fileName,
  read,
});

/** Files of the token service. New keys reach it without a restart. */
const KEYS = file('keys', 'keys', 'running');
/** Public keys that tokens are encrypted to. */
const ENCRYPTION_KEYS = file('encryption-keys', 'encryption-keys', 'running');
const PASSWORD = file('password', 'password', 'start');
const CLIENTS = file('clients', 'clients', 'start');
const DECLARATION = file('declaration', 'declaration.json', 'start');
/** Key and certificate of the service itself. */
const CERTIFICATE = file('certificate', 'certificate.pem', 'start');
const ROOT_CERTIFICATE = file('root-certificate', 'root-certificate', 'start');

export interface TokenServiceServerOptions extends GivenLimits {
  readonly database: ServerDatabase;
  /** Address of the service, as clients know it. */
  readonly issuer: string;
  readonly lifetimes: Lifetimes;
  /** True if a proxy in front of the service sets `X-Forwarded-For`. */
  readonly trustProxy: boolean;
  /** True if others reach the service over TLS only, with a certificate of its own. @default false: over HTTP */
  readonly hasTls?: boolean;
  /** Address that the service listens at over TLS. @default every IPv4 address */
  readonly tlsListenHost?: string;
  /** Further options of `token-service serve`. */
  readonly arguments: readonly string[];
}

/**
 * The token service of a declaration.
 *
 * @param place of the limits, for errors
 * @throws SecuredPostgrestError `invalid_prop`
 */
export function tokenServiceServer(
  place: string,
  declaration: Declaration,
  options: TokenServiceServerOptions,
): Server {
  const { database, lifetimes, hasTls = false, tlsListenHost } = options;
  const hasCertificate = database.sslRootCertificate !== undefined;
  const encrypts = declaration.tokens.encryption !== undefined;
  return {
    name: 'token-service',
    command: [
      ...['token-service', 'serve', pathOf(DECLARATION)],
      ...['--host', database.internalHost, '--port', String(database.internalPort)],
      ...['--database', database.database, '--user', tokenServiceNames(declaration).role],
      ...['--password-file', pathOf(PASSWORD), '--sslmode', database.sslmode],
      ...(hasCertificate ? ['--ssl-root-certificate', pathOf(ROOT_CERTIFICATE)] : []),
      ...['--keys-file', pathOf(KEYS), '--clients', pathOf(CLIENTS)],
      ...(encrypts ? ['--encryption-keys', pathOf(ENCRYPTION_KEYS)] : []),
      ...['--listen', String(PORT), '--listen-host', hasTls ? '127.0.0.1' : '0.0.0.0'],
      ...(hasTls ? ['--certificate', pathOf(CERTIFICATE), '--tls-listen', String(TLS_PORT)] : []),
      ...(tlsListenHost === undefined ? [] : ['--tls-listen-host', tlsListenHost]),
      ...['--access-token-seconds', String(lifetimes.accessToken), '--sign-in-seconds', String(lifetimes.signIn)],
      ...options.arguments,
      ...(options.trustProxy ? ['--trust-proxy'] : []),
    ],
    environment: {},
    files: [
      ...[KEYS, PASSWORD, CLIENTS, DECLARATION],
      ...(encrypts ? [ENCRYPTION_KEYS] : []),
      ...(hasCertificate ? [ROOT_CERTIFICATE] : []),
      ...(hasTls ? [CERTIFICATE] : []),
    ],
    port: hasTls ? TLS_PORT : PORT,
    healthCheck: {
      command: nodeFetch(`http://127.0.0.1:${PORT}${pathOfIssuer(options.issuer)}/jwks`),
      intervalSeconds: 5,
      timeoutSeconds: 5,
      retries: 6,
    },
    stop: { graceSeconds: 10 },
    limits: checkLimits(place, options, DEFAULTS),
  };
}

/** The port of the service where it is reached from beside it only. */
export const TOKEN_SERVICE_OWN_PORT = PORT;
/** The port of the service where others reach it over TLS. */
export const TOKEN_SERVICE_TLS_PORT = TLS_PORT;

/** Path of the service's address; empty if the service has a host name of its own. */
export function pathOfIssuer(issuer: string): string {
  return new URL(issuer).pathname.replace(/\/$/, '');
}
