import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TokenProblem } from '../../tokens/index.ts';
import { errorBody } from '../errors.ts';
import type { Opener, Passage } from './opener.ts';

/** Header of the answer to `auth_request`, with what goes on as `Authorization`; missing for a request without a token. */
export const OPENED_HEADER = 'X-Opened-Authorization';

/** Answer to a request whose token is refused (RFC 6750, 3). It does not say why: `token verify` does. */
export const REFUSAL = {
  status: 401,
  headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"', 'Content-Type': 'application/json' },
  body: errorBody(401),
} as const;

/** Events for the operator; they never have a part of a token. */
export type OpenerEvent =
  | { readonly event: 'refused'; readonly code: TokenProblem['code'] }
  | { readonly event: 'failed'; readonly problem: string };

/** The `Authorization` of a request, opened. Two such headers are one too many: which one counts, readers disagree about. */
export async function openRequest(opener: Opener, request: IncomingMessage): Promise<Passage> {
  const [authorization, ...others] = request.headersDistinct['authorization'] ?? [];
  if (others.length === 0) return opener.open(authorization);
  return { problem: { code: 'ambiguous', problem: 'Authorization is there twice', fix: 'send it once' } };
}

/** Answers nginx' `auth_request` at `/open`, and at `/keys` with the ids of the present keys, in the form of a key set. */
export function openerHandler(
  opener: Opener,
  log: (event: OpenerEvent) => void,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const [path] = (request.url ?? '').split('?', 1);
    if (path === '/keys') {
      response
        .writeHead(200, { 'Content-Type': 'application/json' })
        .end(JSON.stringify({ keys: opener.keyIds.map((kid) => ({ kid })) }));
    } else if (path === '/open') {
      answer(opener, request, response, log).catch((error: unknown) => {
        log({ event: 'failed', problem: error instanceof Error ? error.name : 'unknown' });
        response.writeHead(500).end();
      });
    } else {
      response.writeHead(404).end();
    }
  };
}

async function answer(
  opener: Opener,
  request: IncomingMessage,
  response: ServerResponse,
  log: (event: OpenerEvent) => void,
): Promise<void> {
  const { authorization, problem } = await openRequest(opener, request);
  if (problem) {
    log({ event: 'refused', code: problem.code });
    refuseRequest(response);
  } else {
    response.writeHead(200, authorization === undefined ? {} : { [OPENED_HEADER]: authorization }).end();
  }
}

export function refuseRequest(response: ServerResponse): void {
  response.writeHead(REFUSAL.status, REFUSAL.headers).end(REFUSAL.body);
}
