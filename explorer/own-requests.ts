import type { IncomingMessage } from 'node:http';

/** Tests if a request names this server. A foreign name may also resolve to 127.0.0.1. */
export function isForThisServer({ headers: { host = '' } }: IncomingMessage, port: number): boolean {
  return ['127.0.0.1', 'localhost'].some((name) => host === new URL(`http://${name}:${port}`).host);
}

/** Tests if a request comes from our page, or from no page at all. Other ports of this machine are other sites, too. */
export function isFromOwnPage({ headers }: IncomingMessage): boolean {
  const { origin, host, 'sec-fetch-site': site } = headers;
  if (origin !== undefined && origin !== `http://${host}`) return false;
  return site === undefined || site === 'same-origin' || site === 'none';
}
