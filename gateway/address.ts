import { directive } from './directive.ts';
import type { GatewayPlaces, ServerAddress } from './types.ts';

/** An address as nginx reads it. */
export function hostAndPort({ host, port }: ServerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Has a server of the gateway listen. */
export function listensAt({ listenAddress, ipv6 }: GatewayPlaces, port: number, ...flags: readonly string[]): string[] {
  const hosts = listenAddress === undefined ? ['', ...(ipv6 ? ['::'] : [])] : [listenAddress];
  return hosts.map((host) => directive('listen', host === '' ? port : hostAndPort({ host, port }), ...flags));
}
