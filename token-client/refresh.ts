import { jwtTimes } from './jwt-times.ts';
import { TokenClientError } from './token-client-error.ts';
import type { ClientTokens, TokenClientOptions } from './options.ts';

/** Answer of a token endpoint (RFC 6749, 5.1 and 5.2). */
interface TokenAnswer {
  readonly access_token?: string;
  readonly refresh_token?: string;
  readonly expires_in?: number;
  readonly error?: string;
}

/** Asks that end a sign-in: whatever else goes wrong may pass. */
const FINAL = ['invalid_grant', 'invalid_client', 'unauthorized_client'];

/**
 * Asks the token endpoint once.
 *
 * Throws a `TokenClientError`.
 */
export async function refresh(
  { tokenEndpoint, clientId, timeoutMs = 5_000, fetch = globalThis.fetch }: TokenClientOptions,
  refreshToken: string,
): Promise<ClientTokens> {
  const asked = Date.now();
  const { status, answer } = await fetch(tokenEndpoint, {
    method: 'POST',
    // Whoever it would be sent on to is not to have it.
    redirect: 'error',
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken, client_id: clientId }),
    signal: AbortSignal.timeout(timeoutMs),
  })
    .then(async (response) => {
      const answer = (await response.json()) as TokenAnswer | null;
      return { status: response.status, answer: answer ?? {} };
    })
    .catch((cause: unknown) => {
      throw new TokenClientError('unavailable', `${String(tokenEndpoint)} does not answer`, { cause });
    });
  if (FINAL.includes(answer.error ?? '')) {
    throw new TokenClientError('signed_out', `the sign-in is over (${answer.error})`);
  }
  if (status !== 200 || answer.access_token === undefined) {
    throw new TokenClientError('unavailable', `no token for now (${status} ${answer.error ?? ''})`);
  }
  const lifetime = lifetimeOf(answer.access_token, answer.expires_in);
  return {
    accessToken: answer.access_token,
    refreshToken: answer.refresh_token ?? refreshToken,
    // By this clock alone: it need not be that of the server.
    expiresAt: lifetime === undefined ? undefined : asked + lifetime * 1000,
  };
}

/** In seconds; `expires_in` is only recommended. */
function lifetimeOf(accessToken: string, expiresIn: unknown): number | undefined {
  if (typeof expiresIn === 'number') return expiresIn;
  const { iat, exp } = jwtTimes(accessToken);
  return iat === undefined || exp === undefined ? undefined : exp - iat;
}
