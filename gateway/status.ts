import { listensAt } from './address.ts';
import { block, directive, expression } from './directive.ts';
import type { GatewayPlaces } from './types.ts';
import { toTokenService } from './upstreams.ts';

/** A rejected request without a token is an answer too. */
const SERVED = directive('error_page', 400, 401, 403, 404, 405, 406, '=200', '/health');

/**
 * A server for the machine itself: whether nginx runs, whether a server answers and which one, the opener's keys by id, nginx's figures,
 * the configuration and the servers.
 */
export function statusServer(places: GatewayPlaces, fingerprint: string): string[] {
  const { statusPort, readers, opener, tokenService } = places;
  const head = (upstream: string) => [
    directive('proxy_method', 'HEAD'),
    directive('proxy_pass', `http://${upstream}/`),
  ];
  const served = (upstream: string) => [directive('proxy_intercept_errors', 'on'), SERVED, ...head(upstream)];
  const answer = (path: string, ...lines: string[]) => block(['location', '=', path], lines);
  return block(
    ['server'],
    [
      ...listensAt(places, statusPort),
      directive('access_log', 'off'),
      directive('default_type', 'text/plain'),
      directive('add_header', 'Server-Address', expression('$upstream_addr'), 'always'),
      ...answer('/health', directive('return', 200, 'ok')),
      ...answer('/ready', ...head('api')),
      ...answer(
        '/serving',
        ...(opener === undefined ? [] : [directive('auth_request', '/encryption-keys')]),
        ...served('api'),
      ),
      ...(readers === undefined
        ? []
        : [...answer('/reads', ...head('reads')), ...answer('/reads-serving', ...served('readers'))]),
      ...(opener === undefined ? [] : answer('/encryption-keys', directive('proxy_pass', 'http://opener/keys'))),
      ...(tokenService === undefined ? [] : answer('/token-service', ...toTokenService(places, '/'))),
      ...answer('/metrics', directive('stub_status')),
      ...answer('/configuration', directive('return', 200, fingerprint)),
      ...answer('/servers', directive('return', 200, expression('$servers'))),
      ...block(['location', '/'], [directive('return', 404)]),
    ],
  );
}
