import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTokenClient, type ClientTokens, type TokenClientOptions } from '../../../token-client/index.ts';
import { throughGate, type Gate } from '../../support/gate.ts';
import { signIn, startTokenService, type RunningService } from '../../support/token-service.ts';

const PREFIX = 'calling';
let running: RunningService;
let gate: Gate;
let refreshes: number;
let signedIn: Required<ClientTokens>;

beforeAll(async () => {
  gate = await throughGate();
  running = await startTokenService(PREFIX, { databaseThrough: gate });
});
afterAll(async () => {
  await running?.stop();
  await gate.stop();
});
beforeEach(async () => {
  refreshes = 0;
  const { refresh_token: refreshToken, access_token: accessToken } = await signIn(running.client);
  signedIn = { refreshToken, accessToken, expiresAt: Date.now() + 300_000 };
});

afterEach(() => {
  vi.useRealTimers();
});

const client = (options: Partial<TokenClientOptions> = {}) =>
  createTokenClient({
    tokenEndpoint: `${running.service.issuer}/token`,
    clientId: 'web',
    tokens: signedIn,
    fetch: (input, init) => {
      if ((input instanceof Request ? input.url : String(input)).endsWith('/token')) refreshes += 1;
      return fetch(input, init);
    },
    ...options,
  });
const url = () => `${running.api.url}/notes?select=body`;
/** Time passes, for the client and the service. */
function pass(seconds: number): void {
  const now = Date.now() + seconds * 1000;
  vi.useFakeTimers({ now, toFake: ['Date'] });
}
/** A token that is good for a second more. */
const nearlyOver = () => ({ ...signedIn, expiresAt: Date.now() + 1_000 });

it('sends the token that is there', async () => {
  const response = await client().fetch(url());
  expect([response.status, await response.json(), refreshes]).toEqual([200, [{ body: 'mine' }], 0]);
});

it('begins with a refresh token alone', async () => {
  const response = await client({ tokens: { refreshToken: signedIn.refreshToken } }).fetch(url());
  expect([response.status, refreshes]).toEqual([200, 1]);
});

it('refreshes before the token is over, once for many requests, and tells the new tokens', async () => {
  const told: ClientTokens[] = [];
  const calls = client({ tokens: nearlyOver(), onTokens: (tokens) => told.push(tokens) });
  const responses = await Promise.all(Array.from({ length: 20 }, () => calls.fetch(url())));
  expect(responses.every(({ status }) => status === 200)).toBe(true);
  expect(refreshes).toBe(1);
  expect(told).toHaveLength(1);
  expect(told[0]!.refreshToken).not.toBe(signedIn.refreshToken);
  expect(told[0]!.expiresAt! - Date.now()).toBeGreaterThan(290_000);
});

it('refreshes on a 401, once for many requests, and sends each again as it was', async () => {
  const sent: string[] = [];
  const stale = await running.api.tokenFor('nobody', {}, { now: new Date(Date.now() - 7_200_000) });
  const calls = client({
    tokens: { ...signedIn, accessToken: stale },
    fetch: async (input, init) => {
      if (input instanceof Request) sent.push(await input.clone().text());
      else refreshes += 1;
      return fetch(input, init);
    },
  });
  const responses = await Promise.all(
    [1, 2, 3].map((n) =>
      calls.fetch(`${running.api.url}/notes`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: `{"body": "${n}"}`,
      }),
    ),
  );
  // The role may not write: the API knows who asks, though.
  expect(responses.map(({ status }) => status)).toEqual([403, 403, 403]);
  expect(refreshes).toBe(1);
  expect(sent.sort()).toEqual([1, 1, 2, 2, 3, 3].map((n) => `{"body": "${n}"}`));
});

it('gives up when the sign-in is over, once, and asks no more', async () => {
  let told = 0;
  await running.api.sql(`UPDATE ${PREFIX}_tokens.accounts SET disabled = true`);
  const calls = client({ tokens: nearlyOver(), onSignedOut: () => (told += 1) });
  const signedOut = { name: 'TokenClientError', code: 'signed_out' };
  await Promise.all([1, 2].map(() => expect(calls.fetch(url())).rejects.toMatchObject(signedOut)));
  await expect(calls.accessToken()).rejects.toMatchObject(signedOut);
  await expect(calls.fetch(url())).rejects.toMatchObject(signedOut);
  await running.api.sql(`UPDATE ${PREFIX}_tokens.accounts SET disabled = false`);
  expect([told, refreshes]).toEqual([1, 1]);
});

it('uses a token that is still good while the service has no answer, and comes back later', async () => {
  gate.close();
  const calls = client({ tokens: { ...signedIn, expiresAt: Date.now() + 20_000 } });
  await expect(calls.accessToken()).resolves.toBe(signedIn.accessToken);
  const over = client({ tokens: { ...signedIn, expiresAt: Date.now() } });
  await expect(over.fetch(url())).rejects.toMatchObject({ code: 'unavailable' });
  gate.open();
  expect((await over.fetch(url())).status).toBe(200);
});

it('says that nobody answers', async () => {
  const calls = client({ tokens: nearlyOver(), earlyMs: 5_000, tokenEndpoint: 'http://127.0.0.1:1/token' });
  await expect(calls.accessToken()).resolves.toBe(signedIn.accessToken);
  const over = client({ tokens: { refreshToken: 'x' }, tokenEndpoint: 'http://127.0.0.1:1/token' });
  await expect(over.accessToken()).rejects.toMatchObject({ code: 'unavailable' });
});

it('has the new refresh token also where telling it fails', async () => {
  let failures = 0;
  const onTokens = () => {
    if (failures++ === 0) throw new Error('the storage is full');
  };
  const calls = client({ tokens: nearlyOver(), onTokens });
  await calls.accessToken();
  pass(299);
  await running.api.sql(`UPDATE ${PREFIX}_tokens.tokens SET consumed_at = consumed_at - interval '1 hour'`);
  await expect(calls.accessToken()).resolves.not.toBe(signedIn.accessToken);
  expect([failures, refreshes]).toEqual([2, 2]);
});

describe('of a service that', () => {
  /** Answers of the token endpoint are changed on their way; those of the API may be refused. */
  const changed = (change: (answer: Record<string, unknown>) => object, refuses: () => boolean = () => false) =>
    client({
      tokens: { refreshToken: signedIn.refreshToken },
      fetch: async (input, init) => {
        if (input instanceof Request) return refuses() ? new Response('', { status: 401 }) : fetch(input, init);
        refreshes += 1;
        return Response.json(change((await (await fetch(input, init)).json()) as Record<string, unknown>));
      },
    });
  /** Several requests, one after the other; how many refreshes there were by then. */
  const several = async (calls: ReturnType<typeof client>) => {
    for (let n = 0; n < 4; n++) await calls.fetch(url());
    return refreshes;
  };

  it('says no lifetime, that of the token counts', async () => {
    const calls = changed((answer) => ({ ...answer, expires_in: undefined }));
    expect(await several(calls)).toBe(1);
    pass(280);
    expect(await several(calls)).toBe(2);
  });

  it('says no lifetime of a token that is no JWT, it is used until it is refused', async () => {
    let refused = false;
    const calls = changed(
      (answer) => ({ ...answer, expires_in: undefined, access_token: `opaque ${refreshes}` }),
      () => refused,
    );
    await calls.accessToken();
    pass(3600);
    expect(await calls.accessToken()).toBe('opaque 1');
    refused = true;
    await calls.fetch(url());
    expect(await calls.accessToken()).toBe('opaque 2');
  });

  it('gives tokens for less than the time by which they are replaced early, half of it counts', async () => {
    const calls = changed((answer) => ({ ...answer, expires_in: 20 }));
    expect(await several(calls)).toBe(1);
    pass(11);
    expect(await several(calls)).toBe(2);
  });

  it('has an API that refuses every token, it is asked once in a while', async () => {
    const calls = changed(
      (answer) => answer,
      () => true,
    );
    expect(await several(calls)).toBe(1);
    pass(6);
    const statuses = await Promise.all([1, 2, 3, 4].map(async () => (await calls.fetch(url())).status));
    expect([statuses, refreshes]).toEqual([[401, 401, 401, 401], 2]);
    expect(await several(calls)).toBe(2);
  });

  it('gives tokens that are over at once, by this clock, they are used until one is refused', async () => {
    expect(await several(changed((answer) => ({ ...answer, expires_in: 0 })))).toBe(1);
  });

  it('refuses a token after this clock was set back, it is refreshed as at any time', async () => {
    let refused = false;
    const calls = changed(
      (answer) => answer,
      () => refused,
    );
    await calls.accessToken();
    pass(-3600);
    refused = true;
    await calls.fetch(url());
    expect(refreshes).toBe(2);
  });

  it('has given a token before, the end of which is not kept, what it says counts', async () => {
    const { refreshToken, accessToken } = signedIn;
    const calls = client({ tokens: { refreshToken, accessToken } });
    expect(await several(calls)).toBe(0);
    pass(280);
    expect(await several(calls)).toBe(1);
  });
});
