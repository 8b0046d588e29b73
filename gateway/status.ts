import { listensAt } from './address.ts';
import { block, directive, expression } from './directive.ts';
import type { GatewayPlaces } from './types.ts';

/**
 * A server for the machine itself: whether nginx runs, whether a server answers and which one, the opener's keys by id, nginx's figures,
 * the configuration and the servers.
 */
export function statusServer(places: GatewayPlaces, fingerprint: string): string[] {
  const { statusPort, opener, tokenService } = places;
  const answer = (path: string, ...lines: string[]) => block(['location', '=', path], lines);
  return block(
    ['server'],
    [
      directive('listen', listensAt(places, statusPort)),
      directive('access_log', 'off'),
      directive('default_type', 'text/plain'),
      directive('add_header', 'Server-Address', expression('$upstream_addr'), 'always'),
      ...answer('/health', directive('return', 200, 'ok')),
      ...answer('/ready', directive('proxy_method', 'HEAD'), directive('proxy_pass', 'http://api/')),
      ...(opener === undefined ? [] : answer('/encryption-keys', directive('proxy_pass', 'http://opener/keys'))),
      ...(tokenService === undefined ? [] : answer('/token-service', directive('proxy_pass', 'http://token_service/'))),
      ...answer('/metrics', directive('stub_status')),
      ...answer('/configuration', directive('return', 200, fingerprint)),
      ...answer('/servers', directive('return', 200, expression('$servers'))),
      ...block(['location', '/'], [directive('return', 404)]),
    ],
  );
}
