import { refuse } from '../../errors/secured-postgrest-error.ts';
import { checkPublicKeys, type UsableKeys } from '../../declaration/keys/key-set.ts';
import { isSafeUrl } from '../../declaration/keys/provider.ts';
import type { Provider } from '../../declaration/types.ts';
import { within } from '../within.ts';

/** Where the keys of a provider are. */
export type ProviderLocation = Pick<Provider, 'issuer' | 'jwksUri'>;

export interface FetchOptions {
  /** For all requests together, in milliseconds. @default 5000 */
  readonly timeoutMs?: number;
}

/** The largest answer, in bytes; key sets of real providers have a few thousand. */
const MAX_BYTES = 200_000;

/**
 * Fetches the public keys of an OpenID provider (OpenID Connect Discovery 1.0, 4) and checks them. Keys that are not for
 * signatures, or that PostgREST cannot verify with, are left out. Redirects are not followed.
 *
 * @throws SecuredPostgrestError `provider_unreachable` where no answer comes, or an error; `invalid_provider` for an answer
 * that is none, or of another issuer; `private_key_in_key_set`, `empty_key_set`, `invalid_key_set`
 * @example
 * const { keys, leftOut } = await fetchProviderKeys({ issuer: 'https://example.eu.auth0.com/' });
 */
export async function fetchProviderKeys(
  { issuer, jwksUri }: ProviderLocation,
  { timeoutMs = 5000 }: FetchOptions = {},
): Promise<UsableKeys> {
  const deadline = Date.now() + timeoutMs;
  const uri = jwksUri ?? (await discover(issuer, deadline));
  return checkPublicKeys(await fetchJson(uri, deadline), uri);
}

async function discover(issuer: string, deadline: number): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const { issuer: said, jwks_uri: uri } = ((await fetchJson(url, deadline)) ?? {}) as Record<string, unknown>;
  if (said !== issuer) {
    refuse('invalid_provider', url, `it is of the issuer ${JSON.stringify(said)}`, `declare that, or not "${issuer}"`);
  }
  if (typeof uri !== 'string') refuse('invalid_provider', url, 'it names no jwks_uri', 'declare jwksUri');
  // What is elsewhere must not send this machine to itself.
  if (issuer.startsWith('https:') && !uri.startsWith('https:')) {
    refuse('invalid_provider', url, `its jwks_uri ${uri} is not https`, 'declare jwksUri');
  }
  return uri;
}

async function fetchJson(url: string, deadline: number): Promise<unknown> {
  if (!isSafeUrl(url)) {
    refuse('invalid_provider', url, 'keys are fetched over https only', 'declare an https URL');
  }
  const text = await fetchText(url, deadline);
  try {
    return JSON.parse(text);
  } catch {
    return refuse('invalid_provider', url, 'the answer is no JSON', 'look at it in a browser, and correct the URL');
  }
}

async function fetchText(url: string, deadline: number): Promise<string> {
  const body = await within(Math.max(1, deadline - Date.now()), (signal) => read(url, signal)).catch(
    (error: Error): never => {
      const { message, cause } = error;
      const reason = cause instanceof Error ? cause.message || message : message;
      return refuse('provider_unreachable', url, `no answer (${reason})`, 'try again, or declare jwks', error);
    },
  );
  if (body.length > MAX_BYTES) {
    refuse('invalid_provider', url, `the answer has more than ${MAX_BYTES} bytes`, 'declare the keys as jwks');
  }
  return body.toString('utf8');
}

/** The body, or a bit more of it than is taken. */
async function read(url: string, signal: AbortSignal): Promise<Buffer> {
  const response = await fetch(url, { signal, redirect: 'error', headers: { Accept: 'application/json' } });
  if (!response.ok) throw new Error(`status ${response.status}`);
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_BYTES) break;
  }
  return Buffer.concat(chunks);
}
