import type { IncomingMessage, ServerResponse } from 'node:http';
import { errors, type Provider } from 'oidc-provider';
import type { Accounts } from './accounts.ts';
import type { Attempts } from './attempts.ts';
import { Unavailable } from './database.ts';
import { codeOf, type Log } from './log.ts';
import { messagePage, show, signInPage, type SignInProblem } from './page.ts';
import { isPassword } from './passwords.ts';

/** A name, a password, and what a browser puts around them. */
const LONGEST_FORM = 8192;

/**
 * Another way to sign in than a password, such as a header of a proxy or a session of your own.
 *
 * @returns the id of the account, or nothing to show the sign-in page
 */
export type Authenticate = (request: IncomingMessage) => Promise<string | undefined> | string | undefined;

export interface SignInParts {
  readonly accounts: Accounts;
  readonly attempts: Attempts;
  readonly authenticate: Authenticate | undefined;
  readonly log: Log;
}

/**
 * Answers a request for the sign-in page. Who sends the form must have the interaction's cookie, which other sites can
 * neither read nor have sent along.
 */
export async function signIn(
  provider: Provider,
  parts: SignInParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (isFromElsewhere(request)) {
    return show(response, 403, messagePage('This does not work', 'The form was sent by another site.'));
  }
  try {
    const { prompt } = await provider.interactionDetails(request, response);
    const outcome =
      prompt.name === 'login'
        ? await accountOrProblem(provider, parts, request, response)
        : { error: 'interaction_required' };
    if (outcome === undefined) return show(response, 200, signInPage());
    if ('status' in outcome) return show(response, outcome.status, signInPage(outcome));
    await provider.interactionFinished(request, response, outcome, { mergeWithLastSubmission: false });
  } catch (error) {
    if (error instanceof Unavailable) {
      parts.log({ event: 'unavailable', ...codeOf(error) });
      response.setHeader('Retry-After', '5');
      show(response, 503, messagePage('Try again in a moment', 'Sign-in is away just now.'));
    } else if (error instanceof errors.SessionNotFound) {
      show(response, 400, messagePage('This sign-in is over', 'Go back to where you came from, and begin again.'));
    } else {
      parts.log({ event: 'failed', ...codeOf(error) });
      show(response, 500, messagePage('This does not work', 'It was noted.'));
    }
  }
}

/** Also from a sibling domain, with which cookies are sent along. */
function isFromElsewhere({ method, headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site'];
  return method === 'POST' && site !== undefined && site !== 'same-origin' && site !== 'none';
}

type Outcome = { login: { accountId: string } } | (SignInProblem & { readonly status: number });

async function accountOrProblem(
  provider: Provider,
  { accounts, attempts, authenticate, log }: SignInParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Outcome | undefined> {
  const known = await authenticate?.(request);
  if (known !== undefined) return { login: { accountId: known } };
  if (request.method !== 'POST') return undefined;
  const form = await readForm(request);
  if (form === undefined) return { status: 413, message: 'That was too long.', name: '' };
  const name = form.get('name') ?? '';
  // Postgres can hold none.
  if (name.includes('\0')) return { status: 400, message: 'A name holds no NUL character.', name: '' };
  const { ip } = provider.createContext(request, response);
  if (!(await attempts.take(name, ip))) {
    log({ event: 'sign_in_limited' });
    return { status: 429, message: 'Too many attempts. Wait some minutes, and try again.', name };
  }
  const account = await accounts.byName(name);
  const matches = await isPassword(account?.hash, form.get('password') ?? '', () => log({ event: 'unreadable_hash' }));
  if (!matches || account === undefined) return { status: 401, message: 'Name or password is wrong.', name };
  await attempts.succeeded(name, ip);
  return { login: { accountId: account.id } };
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > LONGEST_FORM) return undefined;
    chunks.push(chunk);
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}
