import type { GatewayPlaces, ServerAddress } from './types.ts';

/** An address as nginx reads it. */
export function hostAndPort({ host, port }: ServerAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** Where a server of the gateway listens. */
export function listensAt({ listenAddress: host }: GatewayPlaces, port: number): string {
  return host === undefined ? String(port) : hostAndPort({ host, port });
}
