import { once } from 'node:events';
import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream';
import { refuseTakenPort } from './wanted-port.ts';
import { openRequest, refuseRequest } from '../../gateway/opener/answer.ts';
import type { Opener } from '../../gateway/opener/opener.ts';

export interface OpeningProxyOptions {
  readonly opener: Opener;
  /** Port of the server behind it. */
  readonly target: number;
  /** @default a free one */
  readonly port?: number | undefined;
}

export interface OpeningProxy {
  readonly port: number;
  stop(): Promise<void>;
}

const HOST = '127.0.0.1';

/** Headers of one connection (RFC 9110, 7.6.1). How a body is delimited stays as it came. */
const OF_CONNECTION = ['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade'];

/**
 * Does before a PostgREST of this machine what nginx and an opener do before a deployed one: requests go on with the signed token
 * inside of theirs.
 *
 * @throws SecuredPostgrestError `port_taken`
 */
export async function startOpeningProxy({ opener, target, port = 0 }: OpeningProxyOptions): Promise<OpeningProxy> {
  const server = createServer((request, response) => {
    forward(opener, target, request, response).catch(() => response.destroy());
  });
  // This process may exit without waiting for connections that nobody uses.
  server.on('connection', (socket) => socket.unref());
  try {
    await once(server.listen(port, HOST), 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    refuseTakenPort(port, error);
  }
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function forward(
  opener: Opener,
  port: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { authorization, problem } = await openRequest(opener, request);
  if (problem) return refuseRequest(response);
  const headers = without(request.rawHeaders, [...OF_CONNECTION, 'authorization']);
  if (authorization !== undefined) headers.push('Authorization', authorization);
  const { method, url: path } = request;
  const forwarded = send({ host: HOST, port, method, path, headers, agent: false });
  forwarded.on('response', (answer) => {
    response.writeHead(answer.statusCode!, answer.statusMessage, without(answer.rawHeaders, OF_CONNECTION));
    pipeline(answer, response, () => {});
  });
  forwarded.on('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
  response.on('close', () => forwarded.destroy());
  pipeline(request, forwarded, () => {});
}

/** Raw headers, names and values in turn, without some. */
function without(headers: readonly string[], names: readonly string[]): string[] {
  return headers.filter((_, index) => !names.includes(headers[index - (index % 2)]!.toLowerCase()));
}
