import { hostAndPort } from './address.ts';
import { block, directive, expression, map, type Word } from './directive.ts';
import { isSince } from './nginx-version.ts';
import { leavingFile, serverLine, serversOf, serversText, type Upstream } from './servers.ts';
import type { GatewayPlaces, ServerAddress } from './types.ts';

/** Idle connections to the servers, each of which a worker may use again. */
const KEPT = 32;

/**
 * Time that an idle connection is kept: less than the server keeps it, which would otherwise close it under a request.
 * PostgREST closes idle connections after 30 s, Node.js after 5 s.
 */
const KEPT_SECONDS: Readonly<Record<Upstream, number>> = { api: 20, reads: 20, token_service: 4, opener: 4 };

/** The servers behind the gateway, in the configuration itself. */
export function upstreams(places: GatewayPlaces): string[] {
  return [...resolver(places), ...upstreamBlocks(places, hostAndPort, () => [])];
}

/**
 * The servers behind the gateway, for a file of its own: it changes alone, and the hosts may be references that Terraform puts in when
 * it applies.
 */
export function upstreamsFile(places: GatewayPlaces): string {
  const leaving = (name: Upstream) => [directive('include', leavingFile(places.temporary, `${name}*`))];
  const lines = [...resolver(places), ...upstreamBlocks(places, (server) => expression(hostAndPort(server)), leaving)];
  return `${lines.join('\n')}\n`;
}

function upstreamBlocks(
  places: GatewayPlaces,
  address: (server: ServerAddress) => Word,
  more: (name: Upstream) => readonly string[],
): string[] {
  const looksUp = looksUpAgain(places);
  return [
    ...serversOf(places).flatMap(([name, servers]) =>
      block(
        ['upstream', name],
        [
          directive('zone', name, '256k'),
          directive('least_conn'),
          ...servers.map((server) => serverLine(address(server), looksUp)),
          ...(name === 'reads' ? places.servers.map((server) => serverLine(address(server), looksUp, 'backup')) : []),
          ...more(name),
          directive('keepalive', KEPT),
          directive('keepalive_timeout', `${KEPT_SECONDS[name]}s`),
        ],
      ),
    ),
    ...readersAlone(places, address, looksUp),
    ...upstreamOfMethod(places),
    ...map('', '$servers', [['default', expression(serversText(places))]]),
  ];
}

/** The readers without the servers that answer where no reader does: for the status port, which tells whether a reader answers. */
function readersAlone(
  { readers = [] }: GatewayPlaces,
  address: (server: ServerAddress) => Word,
  looksUp: boolean,
): string[] {
  if (readers.length === 0) return [];
  return block(
    ['upstream', 'readers'],
    [directive('zone', 'readers', '256k'), ...readers.map((server) => serverLine(address(server), looksUp))],
  );
}

/** nginx looks names of upstreams up once; since 1.27.3 again when their time is over, if it is told to. */
function looksUpAgain({ resolver, nginxVersion }: GatewayPlaces): boolean {
  return resolver !== undefined && isSince('1.27.3', nginxVersion);
}

function resolver(places: GatewayPlaces): string[] {
  if (!looksUpAgain(places)) return [];
  return [directive('resolver', places.resolver!, 'valid=1s', 'ipv6=off'), directive('resolver_timeout', '2s')];
}

/** Where requests of the API go. With readers it depends on the method: PostgREST answers `GET` and `HEAD` in a transaction that reads only. */
export function apiUpstream({ readers }: GatewayPlaces): string[] {
  if (readers === undefined) return [directive('proxy_pass', 'http://api')];
  return [
    // A reader whose database has ended says 503, and another one may answer.
    directive('proxy_next_upstream', 'error', 'timeout', 'http_503'),
    directive('proxy_pass', expression('http://$api_upstream')),
  ];
}

/** Where requests of the token service go. */
export function toTokenService({ tokenService }: GatewayPlaces, path = ''): string[] {
  const { tls } = tokenService!;
  if (tls === undefined) return [directive('proxy_pass', `http://token_service${path}`)];
  return [
    directive('proxy_ssl_verify', 'on'),
    directive('proxy_ssl_trusted_certificate', tls.trusted),
    directive('proxy_ssl_name', tls.name),
    directive('proxy_ssl_server_name', 'on'),
    directive('proxy_ssl_protocols', 'TLSv1.2', 'TLSv1.3'),
    directive('proxy_pass', `https://token_service${path}`),
  ];
}

function upstreamOfMethod({ readers }: GatewayPlaces): string[] {
  if (readers === undefined) return [];
  return map(expression('$request_method'), '$api_upstream', [
    ['default', 'api'],
    ['GET', 'reads'],
    ['HEAD', 'reads'],
  ]);
}

/** How requests are handed on: once more to another server where that is safe, within bounds. */
export function proxying(answerSeconds: number): string[] {
  return [
    directive('proxy_http_version', '1.1'),
    directive('proxy_connect_timeout', '2s'),
    directive('proxy_send_timeout', '10s'),
    directive('proxy_read_timeout', `${answerSeconds}s`),
    // nginx tries again only idempotent methods, and others while nothing of them was sent. A slow answer has used up the time.
    directive('proxy_next_upstream', 'error', 'timeout'),
    directive('proxy_next_upstream_tries', 2),
    directive('proxy_next_upstream_timeout', '4s'),
    // A server must not wait for a slow client: neither for a body, nor with an answer.
    directive('proxy_request_buffering', 'on'),
    directive('proxy_buffering', 'on'),
    directive('proxy_max_temp_file_size', 0),
  ];
}
