import { listensAt } from './address.ts';
import { block, directive } from './directive.ts';
import type { GatewayPlaces } from './types.ts';

/** A server for the machine itself: whether nginx runs, whether an API server answers, the opener's keys by id, nginx's figures, and the configuration. */
export function statusServer(places: GatewayPlaces, fingerprint: string): string[] {
  const { statusPort, opener } = places;
  const answer = (path: string, ...lines: string[]) => block(['location', '=', path], lines);
  return block(
    ['server'],
    [
      directive('listen', listensAt(places, statusPort)),
      directive('access_log', 'off'),
      directive('default_type', 'text/plain'),
      ...answer('/health', directive('return', 200, 'ok')),
      ...answer('/ready', directive('proxy_method', 'HEAD'), directive('proxy_pass', 'http://api/')),
      ...(opener === undefined ? [] : answer('/encryption-keys', directive('proxy_pass', 'http://opener/keys'))),
      ...answer('/metrics', directive('stub_status')),
      ...answer('/configuration', directive('return', 200, fingerprint)),
      ...block(['location', '/'], [directive('return', 404)]),
    ],
  );
}
