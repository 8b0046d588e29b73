import * as oauth from 'openid-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Database } from '../../../token-service/database.ts';
import { removeExpiredOnce } from '../../../token-service/remove-expired.ts';
import { rotateKeys } from '../../../tokens/index.ts';
import { decodeProtectedHeader } from 'jose';
import { authorization, notes, PASSWORD, signIn, startTokenService, Visitor } from '../../support/token-service.ts';
import type { RunningService } from '../../support/token-service.ts';
import { throughGate, type Gate } from '../../support/gate.ts';

const PREFIX = 'faulty';
let running: RunningService;
let gate: Gate;

beforeEach(async () => {
  gate = await throughGate();
  running = await startTokenService(PREFIX, { databaseThrough: gate });
});
afterEach(async () => {
  await running?.stop();
  await gate.stop();
});

const refresh = (token: string) =>
  fetch(`${running.service.issuer}/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'refresh_token', client_id: 'web', refresh_token: token }),
  });

describe('while the database is away', () => {
  it('a refresh is answered with 503, and works again with the same token afterwards', async () => {
    const { refresh_token } = await signIn(running.client);
    gate.close();
    const response = await refresh(refresh_token);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(await response.json()).toEqual({
      error: 'temporarily_unavailable',
      error_description: 'the database cannot be reached, try again',
    });
    expect(running.events).toContainEqual({ event: 'unavailable', code: expect.any(String) as string });
    gate.open();
    expect((await refresh(refresh_token)).status).toBe(200);
  });

  it('the sign-in page says so, and goes on afterwards', async () => {
    const visitor = new Visitor();
    const { url, checks } = await authorization(running.client);
    const page = await visitor.follow(url);
    gate.close();
    const away = await visitor.submit(page.url, 'ann', PASSWORD);
    expect(away.response.status).toBe(503);
    expect(await away.response.text()).toContain('Try again in a moment');
    gate.open();
    const back = await visitor.submit(page.url, 'ann', PASSWORD);
    await expect(oauth.authorizationCodeGrant(running.client, back.url, checks)).resolves.toBeDefined();
  });
});

describe('expired rows', () => {
  it('are removed in batches, and no others', async () => {
    const { refresh_token } = await signIn(running.client);
    await running.api.sql(
      `INSERT INTO ${PREFIX}_tokens.tokens (id, model, payload, expires_at)
       SELECT sha256(n::text::bytea), 'RefreshToken', '{}', now() - interval '1 s' FROM generate_series(1, 2500) AS n`,
    );
    const database = new Database(running.options.database, 1);
    expect(await removeExpiredOnce(database, `${PREFIX}_tokens`)).toBe(2500);
    expect(await removeExpiredOnce(database, `${PREFIX}_tokens`)).toBe(0);
    await database.end();
    expect((await refresh(refresh_token)).status).toBe(200);
  });
});

describe('keys', () => {
  it('that are rotated sign from the next reload on; who is signed in stays so', async () => {
    const visitor = new Visitor();
    const { refresh_token, access_token } = await signIn(running.client, visitor);
    const { key } = await rotateKeys(running.keyDirectory, 'ES256');
    running.service.reloadKeys();
    const tokens = (await (await refresh(refresh_token)).json()) as { access_token: string };
    expect(decodeProtectedHeader(tokens.access_token).kid).toBe(key.key.kid);
    const { keys } = (await (await fetch(`${running.service.issuer}/jwks`)).json()) as { keys: { kid: string }[] };
    expect(keys.map(({ kid }) => kid)).toEqual([key.key.kid, decodeProtectedHeader(access_token).kid]);
    const { url } = await authorization(running.client);
    expect((await visitor.follow(url)).url.href).toContain('code=');
    expect(await notes(running.api, access_token)).toContain('200');
  });
});

describe('a sign-in', () => {
  const DAY = 24 * 3600;
  /** As seen by the service, which says when something ends. */
  const at = (seconds: number) => vi.setSystemTime(seconds * 1000);
  afterEach(() => {
    vi.useRealTimers();
  });

  it('ends after 14 days, however often it was used', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const start = Math.floor(Date.now() / 1000);
    const visitor = new Visitor();
    let { refresh_token } = await signIn(running.client, visitor);
    at(start + 13 * DAY);
    const { url } = await authorization(running.client);
    expect((await visitor.follow(url)).url.href).toContain('code=');
    const other = await signIn(running.client, visitor);
    ({ refresh_token } = (await (await refresh(refresh_token)).json()) as { refresh_token: string });
    const rows = await running.api.sql(
      `SELECT model, max((payload->>'exp')::int) AS end FROM ${PREFIX}_tokens.tokens
       WHERE model IN ('Session', 'RefreshToken') GROUP BY model ORDER BY model`,
    );
    const end = start + 14 * DAY;
    expect(rows).toEqual([
      { model: 'RefreshToken', end },
      { model: 'Session', end },
    ]);

    at(end);
    for (const token of [refresh_token, other.refresh_token]) {
      expect(await (await refresh(token)).json()).toMatchObject({ error: 'invalid_grant' });
    }
    const again = await visitor.follow((await authorization(running.client)).url);
    expect(again.url.href).toContain('/interaction/');
    // A new sign-in begins anew.
    const back = await visitor.submit(again.url, 'ann', PASSWORD);
    expect(back.url.href, await back.response.text()).toContain('code=');
  });
});

it('clocks that differ do no harm: the API takes tokens of a service that is 20 s ahead', async () => {
  const { refresh_token } = await signIn(running.client);
  const now = Date.now();
  vi.useFakeTimers({ now: now + 20_000, toFake: ['Date'] });
  try {
    const tokens = (await (await refresh(refresh_token)).json()) as { access_token: string };
    expect(await notes(running.api, tokens.access_token)).toBe('200 [{"body":"mine"}]');
  } finally {
    vi.useRealTimers();
  }
});
