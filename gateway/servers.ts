import { hostAndPort } from './address.ts';
import { directive, type Word } from './directive.ts';
import type { GatewayPlaces, ServerAddress } from './types.ts';

/** Name of an upstream. */
export type Upstream = 'api' | 'reads' | 'token_service' | 'opener';

/** Servers of each upstream. */
export function serversOf({
  servers,
  readers,
  tokenService,
  opener,
}: GatewayPlaces): (readonly [Upstream, readonly ServerAddress[]])[] {
  return [
    ['api', servers],
    ...(readers ? ([['reads', readers]] as const) : []),
    ...(tokenService ? ([['token_service', [tokenService]]] as const) : []),
    ...(opener ? ([['opener', [opener]]] as const) : []),
  ];
}

/** The servers as the running gateway tells them, such as `api todos-api-1:3000 todos-api-2:3000 opener todos-token-opener:8070`. */
export function serversText(places: GatewayPlaces): string {
  return serversOf(places)
    .flatMap(([upstream, servers]) => [upstream, ...servers.map(hostAndPort)])
    .join(' ');
}

/** A server of an upstream, as nginx reads it. */
export function serverLine(address: Word, looksUpAgain: boolean, ...more: readonly 'backup'[]): string {
  const parameters = [...(looksUpAgain ? ['resolve'] : []), ...more];
  // A server that has ended is back within seconds.
  return directive('server', address, ...parameters, 'max_fails=1', 'fail_timeout=2s');
}

/** Text of the files that keep servers in a running gateway until those of the new configuration are shown to answer. */
export function leavingServers(running: string, wanted: string): ReadonlyMap<Upstream, string> {
  const kept = new Set(pairs(wanted).map(String));
  const leaving = new Map<Upstream, string>();
  for (const [upstream, address] of pairs(running)) {
    if (kept.has(String([upstream, address]))) continue;
    leaving.set(upstream, `${leaving.get(upstream) ?? ''}${serverLine(address, true)}\n`);
  }
  return leaving;
}

/** The servers in a text that are not in another one. */
export function newServers(wanted: string, running: string): readonly (readonly [Upstream, string])[] {
  const known = new Set(pairs(running).map(String));
  return pairs(wanted).filter((pair) => !known.has(String(pair)));
}

function pairs(text: string): (readonly [Upstream, string])[] {
  let upstream: Upstream = 'api';
  return text.split(' ').flatMap((word) => {
    if (word.includes(':')) return [[upstream, word] as const];
    upstream = word as Upstream;
    return [];
  });
}

/** Path of the file with servers that leave an upstream; with `*` a pattern. */
export function leavingFile(temporary: string, upstream: string): string {
  return `${temporary}/leaving-${upstream}.conf`;
}
