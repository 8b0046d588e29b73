import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Sealer } from '../../../token-service/sealed.ts';
import { authorization, PASSWORD, REDIRECT, startTokenService, Visitor } from '../../support/token-service.ts';
import type { RunningService } from '../../support/token-service.ts';

const PREFIX = 'unstored';
const LONG = 'x'.repeat(1600);
let running: RunningService;
let issuer: string;

beforeAll(async () => {
  running = await startTokenService(PREFIX, {
    attempts: { perAccount: 1_000_000, perAddress: 1_000_000 },
    trustProxy: true,
  });
  issuer = running.service.issuer;
});
afterAll(() => running?.stop());
beforeEach(() => running.api.sql(`DELETE FROM ${PREFIX}_tokens.tokens`));

const stored = async () => {
  const [row] = await running.api.sql<{ rows: number; bytes: number }>(
    `SELECT (SELECT count(*)::int FROM ${PREFIX}_tokens.tokens) AS rows,
      pg_total_relation_size('${PREFIX}_tokens.tokens')::int AS bytes`,
  );
  return row!;
};

async function inTurns(count: number, ask: (n: number) => Promise<unknown>): Promise<void> {
  const left = Array.from({ length: count }, (_, n) => n);
  const worker = async () => {
    for (let n = left.pop(); n !== undefined; n = left.pop()) await ask(n);
  };
  await Promise.all(Array.from({ length: 10 }, worker));
}

describe('before a sign-in', () => {
  it('1,500 requests with a long state and nonce store nothing', async () => {
    const { url } = await authorization(running.client, { state: LONG, nonce: LONG });
    const { url: usual } = await authorization(running.client);
    const before = await stored();
    const statuses = new Set<number>();
    await inTurns(1500, async (n) => {
      const response = await fetch(n % 2 ? url : usual, { redirect: 'manual', headers: { Accept: 'text/html' } });
      await response.arrayBuffer();
      statuses.add(response.status);
    });
    expect(await stored()).toEqual(before);
    expect([...statuses]).toEqual([303]);
  });

  it.each([
    ...['client_id', 'redirect_uri', 'scope', 'state', 'nonce', 'code_challenge', 'response_mode', 'prompt', 'max_age'],
    ...['login_hint', 'id_token_hint', 'ui_locales', 'acr_values', 'display', 'claims', 'resource', 'request'],
    ...['request_uri', 'registration', 'dpop_jkt', 'unknown'],
  ])('nothing is stored for a %s of any length', async (name) => {
    const before = await stored();
    for (const length of [10, 1000, 2000, 3900, 15_000]) {
      const { url } = await authorization(running.client, {
        [name]: randomBytes(length).toString('hex').slice(0, length),
      });
      const response = await new Visitor().ask(url);
      await response.text();
      expect(response.status).toBeLessThan(500);
      for (const set of response.headers.getSetCookie()) expect(set.length).toBeLessThan(4096);
    }
    expect(await stored()).toEqual(before);
  });

  const form = (parameters: Record<string, string>) => ({
    method: 'POST',
    body: new URLSearchParams({ client_id: 'web', ...parameters }),
  });
  it.each<[string, string, RequestInit]>([
    ['sign-out', `/session/end?state=${LONG}&client_id=web`, {}],
    ['sign-out with an unknown session', '/session/end', { headers: { cookie: `${PREFIX}_session=a` } }],
    ['sign-out confirmed', '/session/end/confirm', form({ xsrf: 'x', logout: 'yes' })],
    ['consent', `/auth?client_id=web&prompt=consent&response_type=code&scope=openid&redirect_uri=${REDIRECT}`, {}],
    ['no prompt', `/auth?client_id=web&prompt=none&response_type=code&scope=openid&redirect_uri=${REDIRECT}`, {}],
    ['a code', '/token', form({ grant_type: 'authorization_code', code: LONG, code_verifier: 'x'.repeat(43) })],
    ['a refresh token', '/token', form({ grant_type: 'refresh_token', refresh_token: LONG })],
    ['a revocation', '/token/revocation', form({ token: LONG })],
    ['a pushed request', '/request', form({ response_type: 'code', redirect_uri: REDIRECT, state: LONG })],
    ['a device', '/device/auth', form({ scope: 'openid' })],
    ['a registration', '/reg', form({ redirect_uris: REDIRECT })],
    ['a resumed sign-in', '/auth/unknown', { headers: { cookie: `${PREFIX}_resume=unknown` } }],
    ['a sign-in page', '/interaction/unknown', { headers: { cookie: `${PREFIX}_interaction=unknown` } }],
  ])('nothing is stored for %s', async (_, path, init) => {
    const before = await stored();
    for (let n = 0; n < 20; n++) {
      const response = await fetch(issuer + path, { redirect: 'manual', ...init });
      await response.arrayBuffer();
      expect(response.status).toBeLessThan(500);
    }
    expect(await stored()).toEqual(before);
  });

  it('an attempt to sign in stores two small rows, which expire, whatever name it is for', async () => {
    const visitor = new Visitor();
    const page = await visitor.follow((await authorization(running.client)).url);
    const before = await stored();
    const count = 30;
    for (let n = 0; n < count; n++) {
      expect((await visitor.submit(page.url, `${n} ${LONG}`, 'wrong')).response.status).toBe(401);
    }
    expect(await stored()).toEqual(before);
    const [attempts] = await running.api.sql<{ rows: number; bytes: number }>(
      `SELECT count(*)::int AS rows, max(pg_column_size(a))::int AS bytes FROM ${PREFIX}_tokens.attempts AS a`,
    );
    expect(attempts!.rows).toBeLessThanOrEqual(2 * count);
    expect(attempts!.bytes).toBeLessThan(100);
  });
});

describe('a sign-in is known only where it began', () => {
  /** The cookies of a browser, by name. */
  const jar = (visitor: Visitor) => {
    const jar = new Map<string, string>();
    for (const set of visitor.setCookies) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set)!;
      jar.set(name, value);
    }
    return jar;
  };
  const send = (url: string | URL, cookies: Iterable<[string, string]>, init: RequestInit = {}) =>
    fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { Accept: 'text/html', cookie: [...cookies].map((pair) => pair.join('=')).join('; ') },
    });
  const password = { method: 'POST', body: new URLSearchParams({ name: 'ann', password: PASSWORD }) };
  const open = async () => {
    const visitor = new Visitor();
    const { url } = await authorization(running.client);
    const page = await visitor.follow(url);
    const cookies = jar(visitor);
    const pending = [...cookies.keys()].find((name) => name.startsWith(`${PREFIX}_pending_`))!;
    return { visitor, page: page.url, cookies, pending, resume: page.url.href.replace('/interaction/', '/auth/') };
  };

  it.each<[string, (mine: Map<string, string>, other: Map<string, string>, names: [string, string]) => void]>([
    ['without it', (mine, _, [name]) => mine.delete(name)],
    [
      'changed',
      (mine, _, [name]) =>
        mine.set(
          name,
          mine.get(name)!.replace(/^./, (c) => (c === 'A' ? 'B' : 'A')),
        ),
    ],
    ['cut', (mine, _, [name]) => mine.set(name, mine.get(name)!.slice(0, 20))],
    ['empty', (mine, _, [name]) => mine.set(name, '')],
    ["another browser's in its place", (mine, other, [name, another]) => mine.set(name, other.get(another)!)],
    ['signed as other cookies are', (mine, other, [name]) => mine.set(name, other.get(`${PREFIX}_interaction`)!)],
  ])('neither the form nor its end works %s', async (_, change) => {
    const [mine, other] = [await open(), await open()];
    const changed = new Map(mine.cookies);
    change(changed, other.cookies, [mine.pending, other.pending]);
    expect((await send(mine.page, changed, password)).status).toBe(400);
    expect((await stored()).rows).toBe(0);
    // As it was it works, and its end works with the same cookies only.
    expect((await send(mine.page, mine.cookies, password)).status).toBe(303);
    const stranger = await send(mine.resume, changed);
    expect(stranger.headers.get('location') ?? '').not.toContain('code=');
    const end = await send(mine.resume, mine.cookies);
    expect(end.headers.get('location')).toContain('code=');
  });

  it('what was kept is worth nothing after its end', async () => {
    const mine = await open();
    await send(mine.page, mine.cookies, password);
    expect((await send(mine.resume, mine.cookies)).headers.get('location')).toContain('code=');
    const again = await send(mine.resume, mine.cookies);
    expect(again.headers.get('location') ?? '').not.toContain('code=');
    expect(again.headers.getSetCookie().some((set) => set.startsWith(`${PREFIX}_session=`))).toBe(false);
  });

  it('many tabs work, and of those that are too many the newest', async () => {
    const visitor = new Visitor();
    const pages: URL[] = [];
    for (let n = 0; n < 12; n++) pages.push((await visitor.follow((await authorization(running.client)).url)).url);
    const pending = [...jar(visitor)].filter(([name, value]) => name.includes('_pending_') && value !== '');
    expect(pending.length).toBeGreaterThanOrEqual(4);
    expect(pending.join('').length).toBeLessThan(4600);
    const last = await visitor.submit(pages.at(-1)!, 'ann', PASSWORD);
    expect(last.url.href).toContain('code=');
    const first = await visitor.submit(pages[0]!, 'ann', PASSWORD);
    expect(first.response.status).toBe(400);
  });
});

it('sealed values open under their name and with their keys only', () => {
  const sealer = new Sealer(['new', 'old']);
  const sealed = new Sealer(['old']).seal('name', { a: 1 });
  expect(sealer.open('name', sealed)).toEqual({ a: 1 });
  expect(sealer.open('other', sealed)).toBeUndefined();
  expect(new Sealer(['new']).open('name', sealed)).toBeUndefined();
  for (const broken of ['', 'A', '!', sealed.slice(1), `A${sealed}`, 'A'.repeat(100)]) {
    expect(sealer.open('name', broken)).toBeUndefined();
  }
});
