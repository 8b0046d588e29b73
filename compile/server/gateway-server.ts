import { checkLimits, type GivenLimits } from './limits.ts';
import { pathOf, type Server, type ServerFile } from './server.ts';

/** nginx's image runs as this user. */
const DEFAULTS = { user: '101:101', memoryMegabytes: 256, cpus: 1 };

/** Ports inside of the gateway, which need no privilege. */
export const GATEWAY_PORTS = { http: 8080, https: 8443, status: 8081 } as const;

/** Directory of bodies on their way, and of the process id. */
export const GATEWAY_TEMPORARY = '/tmp';
/** Part of the memory for bodies: with the defaults, one address has 100 requests with 1 MB each at a time, and fills less than that. */
const TEMPORARY_PART = 0.5;

const file = (id: string, fileName: string, more: Partial<ServerFile> = {}): ServerFile => ({
  id,
  directory: `/etc/gateway/${id}`,
  fileName,
  read: 'running',
  ...more,
});

const CERTIFICATE = file('certificate', 'certificate.pem');

const SERVERS = file('servers', 'servers.conf');

/** Path of the gateway's servers, which are known when Terraform applies. */
export const GATEWAY_SERVERS = pathOf(SERVERS);
/** Path of the gateway's key and certificate. */
export const GATEWAY_CERTIFICATE = pathOf(CERTIFICATE);
/** Path of nginx's configuration. */
export const GATEWAY_CONFIGURATION = '/etc/gateway/configuration/nginx.conf';

export interface GatewayServerOptions extends GivenLimits {
  /** True if the gateway has a certificate. */
  readonly hasCertificate: boolean;
  /** Time in which requests that have begun are answered. */
  readonly graceSeconds: number;
}

/**
 * nginx in front of a declaration's servers. A new configuration or certificate reaches it without a restart.
 *
 * @param place of the limits, for errors
 * @throws SecuredPostgrestError `invalid_prop`
 */
export function gatewayServer(place: string, options: GatewayServerOptions): Server {
  const { hasCertificate, graceSeconds } = options;
  const limits = checkLimits(place, options, DEFAULTS);
  return {
    name: 'gateway',
    command: ['nginx', '-e', '/dev/stderr', '-c', GATEWAY_CONFIGURATION],
    environment: {},
    files: [
      ...(hasCertificate ? [CERTIFICATE] : []),
      SERVERS,
      // It names the certificate, which has to be there by then.
      file('configuration', 'nginx.conf', hasCertificate ? { writtenAfter: CERTIFICATE.id } : {}),
    ],
    temporary: [{ directory: GATEWAY_TEMPORARY, megabytes: Math.floor(limits.memoryMegabytes * TEMPORARY_PART) }],
    port: hasCertificate ? GATEWAY_PORTS.https : GATEWAY_PORTS.http,
    healthCheck: {
      command: [
        'curl',
        '--fail',
        '--silent',
        '--output',
        '/dev/null',
        `http://127.0.0.1:${GATEWAY_PORTS.status}/health`,
      ],
      intervalSeconds: 2,
      timeoutSeconds: 5,
      retries: 5,
    },
    stop: { signal: 'SIGQUIT', graceSeconds },
    limits,
  };
}
