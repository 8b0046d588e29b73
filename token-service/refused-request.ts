import type { IncomingMessage, ServerResponse } from 'node:http';
import { messagePage, show } from './page.ts';

/** The longest address, in characters; a sign-in has about 500. */
const LONGEST = 4096;

export interface Problem {
  readonly status: 400 | 403 | 405 | 414;
  readonly message: string;
}

/** Why a request is answered with an error, whatever its path; undefined for one that is not. */
export function refusedRequest({ url = '', method = '' }: IncomingMessage): Problem | undefined {
  if (url.length > LONGEST) return { status: 414, message: `An address has at most ${LONGEST} characters.` };
  if (!METHODS.includes(method)) return { status: 405, message: `Nothing here takes ${method}.` };
  const [path = '', query = ''] = url.split(/\?(.*)/s);
  // A server behind this one, or a rule in front of it, could take it for another path.
  if (!isText(path)) return { status: 400, message: 'The path of this address is not well-formed.' };
  if (!isEncoded(query)) return { status: 400, message: 'The query of this address is not well-formed.' };
  return undefined;
}

const METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS'];

function isText(encoded: string): boolean {
  // eslint-disable-next-line no-control-regex
  return isEncoded(encoded) && !/[\0-\x1f\x7f\\]/.test(decodeURIComponent(encoded));
}

function isEncoded(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

export function showProblem(response: ServerResponse, { status, message }: Problem): void {
  if (status === 405) response.setHeader('Allow', METHODS.join(', '));
  show(response, status, messagePage('This does not work', message));
}
