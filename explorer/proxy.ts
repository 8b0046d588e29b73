import { request as send, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { SECRET_HEADER } from './secret.ts';
import { protect, respondProblem } from './respond.ts';

/** They belong to one connection (RFC 9110, 7.6.1). */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'upgrade',
];
/** Headers that are not passed on: the page's own, and those that only a browser sends. */
const NOT_FOR_THE_API = ['host', 'expect', 'origin', 'referer', SECRET_HEADER];

/** Sends a request on to the API, with another path, and its answer back, both as they come. */
export function proxy(request: IncomingMessage, response: ServerResponse, apiUrl: string, path: string): void {
  const outgoing = send(apiUrl, {
    path,
    method: request.method,
    headers: passed(request, (name) => NOT_FOR_THE_API.includes(name)),
    // A server that was started again knows nothing of older connections.
    agent: false,
  });
  outgoing.on('response', (incoming) => {
    // Pages of other origins are none of the explorer's business, whatever the API says to them.
    const headers = passed(incoming, (name) => name.startsWith('access-control-'));
    for (const [name, values] of Object.entries(headers)) response.setHeader(name, values);
    protect(response, 'data');
    response.writeHead(incoming.statusCode ?? 502, incoming.statusMessage);
    // Where either side breaks off, so does the other.
    pipeline(incoming, response, () => {});
  });
  outgoing.on('error', (error: NodeJS.ErrnoException) => {
    if (response.headersSent) response.destroy();
    else respondProblem(response, 502, unreachable(apiUrl, error));
  });
  response.on('close', () => outgoing.destroy());
  request.pipe(outgoing);
}

/** Tells that the API does not answer. */
export function unreachable(apiUrl: string, error: Error): string {
  const reason = 'code' in error ? String(error.code) : error.message;
  return `the API at ${apiUrl} does not answer (${reason}); look at what its terminal says`;
}

/** The headers that are sent on. How long a body is, or that it comes in chunks, stays as it is. */
function passed(message: IncomingMessage, isDropped: (name: string) => boolean): Record<string, string[]> {
  const named = (message.headers.connection ?? '').split(',').map((name) => name.trim().toLowerCase());
  return Object.fromEntries(
    Object.entries(message.headersDistinct as Record<string, string[]>).filter(
      ([name]) => !HOP_BY_HOP.includes(name) && !named.includes(name) && !isDropped(name),
    ),
  );
}
