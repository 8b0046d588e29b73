import type { ClientTokens, TokenClientOptions } from './options.ts';
import { jwtTimes } from './jwt-times.ts';
import { refresh } from './refresh.ts';
import { TokenClientError } from './token-client-error.ts';

export interface TokenClient {
  /**
   * Works as `fetch` does, with an access token. Send requests to the API only: each server sees the token. A 401 brings a
   * new token and one more try, unless the one that was refused is newer than five seconds.
   *
   * Throws a `TokenClientError` where there is no token.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** An access token that is good for a while. Throws as `fetch` does. */
  accessToken(): Promise<string>;
}

/** For how long a token that was refused is not replaced after a refresh: whoever refuses it would refuse the next. */
const BACK_OFF_MS = 5_000;

/**
 * Calls an API with access tokens that it refreshes before they expire, once for however many requests wait for it.
 *
 * @example
 * const client = createTokenClient({
 *   tokenEndpoint: 'https://id.example.org/token',
 *   clientId: 'web',
 *   tokens: { refreshToken: 'as the sign-in has returned it' },
 *   onSignedOut: () => console.log('sign in again'),
 * });
 */
export function createTokenClient(options: TokenClientOptions): TokenClient {
  const { earlyMs = 30_000, fetch = globalThis.fetch } = options;
  let tokens = options.tokens;
  let early = earlyMs;
  let renewedAt = -Infinity;
  let underWay: Promise<string> | undefined;
  let signedOut: TokenClientError | undefined;

  const renew = (): Promise<string> => {
    if (signedOut !== undefined) return Promise.reject(signedOut);
    underWay ??= refresh(options, tokens.refreshToken)
      .then((renewed) => {
        // First: should the other fail, the refresh token of before is spent nevertheless.
        tokens = renewed;
        renewedAt = Date.now();
        const lifetime = expiryOf(renewed) - renewedAt;
        // One that is over at once, by this clock, is used until a 401: it would be refreshed for each request.
        early = lifetime > 0 ? Math.min(earlyMs, lifetime / 2) : -Infinity;
        options.onTokens?.(renewed);
        return renewed.accessToken!;
      })
      .catch((error: unknown) => {
        if (error instanceof TokenClientError && error.code === 'signed_out') {
          signedOut = error;
          options.onSignedOut?.();
        }
        throw error;
      })
      .finally(() => {
        underWay = undefined;
      });
    return underWay;
  };

  const accessToken = async (): Promise<string> => {
    if (signedOut !== undefined) throw signedOut;
    const { accessToken: present } = tokens;
    const left = expiryOf(tokens) - Date.now();
    if (present !== undefined && left > early) return present;
    return renew().catch((error: unknown) => {
      // What is still good serves until the endpoint answers again.
      if (present !== undefined && left > 0 && signedOut === undefined) return present;
      throw error;
    });
  };

  return {
    accessToken,
    async fetch(input, init) {
      const request = new Request(input, init);
      const ask = (token: string, asked: Request) => {
        asked.headers.set('Authorization', `Bearer ${token}`);
        return fetch(asked);
      };
      const token = await accessToken();
      const response = await ask(token, request.clone());
      if (response.status !== 401) return response;
      // Another request may have brought a new one since.
      const isNewest = tokens.accessToken === token;
      const age = Date.now() - renewedAt;
      // A clock that was set back says nothing.
      if (isNewest && age >= 0 && age < BACK_OFF_MS) return response;
      const other = isNewest ? await renew() : await accessToken();
      await response.body?.cancel();
      return ask(other, request);
    },
  };
}

/** In milliseconds since 1970; never, if unknown. */
function expiryOf({ accessToken = '', expiresAt }: ClientTokens): number {
  if (expiresAt !== undefined) return expiresAt;
  const { exp } = jwtTimes(accessToken);
  return exp === undefined ? Infinity : exp * 1000;
}
