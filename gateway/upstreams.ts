import { hostAndPort } from './address.ts';
import { block, directive } from './directive.ts';
import { isSince } from './nginx-version.ts';
import type { GatewayPlaces, ServerAddress } from './types.ts';

/** Name of an upstream. */
export type Upstream = 'api' | 'token_service' | 'opener';

/** Idle connections to the servers, each of which a worker may use again. */
const KEPT = 32;

/**
 * Time that an idle connection is kept: less than the server keeps it, which would otherwise close it under a request.
 * PostgREST closes idle connections after 30 s, Node.js after 5 s.
 */
const KEPT_SECONDS: Readonly<Record<Upstream, number>> = { api: 20, token_service: 4, opener: 4 };

/** The servers behind the gateway. */
export function upstreams(places: GatewayPlaces): string[] {
  const { servers, tokenService, opener } = places;
  return [
    ...resolver(places),
    ...upstream('api', servers, places),
    ...(tokenService ? upstream('token_service', [tokenService], places) : []),
    ...(opener ? upstream('opener', [opener], places) : []),
  ];
}

function upstream(name: Upstream, servers: readonly ServerAddress[], places: GatewayPlaces): string[] {
  const looksUp = looksUpAgain(places);
  return block(
    ['upstream', name],
    [
      directive('zone', name, '256k'),
      directive('least_conn'),
      ...servers.map((server) =>
        directive(
          'server',
          hostAndPort(server),
          ...(looksUp ? ['resolve'] : []),
          'max_fails=1',
          // A server that is replaced is back within seconds.
          'fail_timeout=2s',
        ),
      ),
      directive('keepalive', KEPT),
      directive('keepalive_timeout', `${KEPT_SECONDS[name]}s`),
    ],
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
