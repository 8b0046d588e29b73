import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { network } from '../../../token-service/attempts.ts';
import { authorization, PASSWORD, REDIRECT, signIn, startTokenService, Visitor } from '../../support/token-service.ts';
import type { RunningService } from '../../support/token-service.ts';

const PREFIX = 'signing';
let running: RunningService;
let known: string | undefined;

beforeAll(async () => {
  running = await startTokenService(PREFIX, {
    // As where a service is mounted in another server.
    path: '/id',
    algorithm: 'EdDSA',
    attempts: { perAccount: 3, perAddress: 8 },
    authenticate: () => known,
  });
});
afterAll(() => running?.stop());
afterEach(async () => {
  known = undefined;
  running.events.length = 0;
  await running.api.sql(`DELETE FROM ${PREFIX}_tokens.attempts`);
});

/** The sign-in page, as somebody new gets it. */
async function open() {
  const visitor = new Visitor();
  const { url, checks } = await authorization(running.client);
  return { visitor, checks, page: await visitor.follow(url) };
}

describe('the page', () => {
  it('is plain HTML with labels, without scripts, and no other site may frame it', async () => {
    const { page } = await open();
    expect(page.response.status).toBe(200);
    expect(page.response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(page.response.headers.get('cache-control')).toBe('no-store');
    const html = await page.response.text();
    expect(html).toContain('<html lang="en">');
    expect(html).toContain('<label for="name">Name</label>');
    expect(html).toContain('<label for="password">Password</label>');
    expect(html).not.toMatch(/<script|javascript:|\son\w+=/i);
  });

  it('refuses a wrong password and a name that is not known in the same words, and shows the name as text', async () => {
    const { visitor, page } = await open();
    const wrong = await visitor.submit(page.url, 'ann', 'wrong');
    const unknown = await visitor.submit(page.url, '"><script>', 'wrong');
    expect([wrong.response.status, unknown.response.status]).toEqual([401, 401]);
    const [first, second] = [await wrong.response.text(), await unknown.response.text()];
    expect(first).toContain('<p role="alert" id="problem">Name or password is wrong.</p>');
    expect(second).not.toContain('<script>');
    expect(second.replace('&#34;&#62;&#60;script&#62;', 'ann')).toBe(first);
  });

  it('takes as much work for a name that is not known', async () => {
    // Processor time, that of the threads that hash included: other programs on the machine do not change it.
    const median = async (name: string) => {
      const times: number[] = [];
      for (let n = 0; n < 5; n++) {
        await running.api.sql(`DELETE FROM ${PREFIX}_tokens.attempts`);
        const { visitor, page } = await open();
        const start = process.cpuUsage();
        await visitor.submit(page.url, name, 'wrong');
        const { user, system } = process.cpuUsage(start);
        times.push(user + system);
      }
      return times.sort((a, b) => a - b)[2]!;
    };
    await median('warm');
    const [known, unknown] = [await median('ann'), await median('nobody')];
    expect(unknown / known).toBeGreaterThan(0.4);
    expect(unknown / known).toBeLessThan(2.5);
  });

  it('without the cookie of whom it was made for is over', async () => {
    const { page } = await open();
    const stranger = new Visitor();
    const { response, url } = await stranger.submit(page.url, 'ann', PASSWORD);
    expect(response.status).toBe(400);
    expect(url.href).not.toContain('code=');
    expect(await response.text()).toContain('This sign-in is over');
  });

  it.each([
    ['a form of a megabyte', 'x'.repeat(1_000_000), 413],
    ['a password of 2000 characters', 'x'.repeat(2000), 401],
    ['a NUL in a password that is right otherwise', `${PASSWORD}\0`, 401],
    ['no password', '', 401],
  ])('refuses %s', async (_, password, status) => {
    const { visitor, page } = await open();
    const { response } = await visitor.submit(page.url, 'ann', password);
    expect(response.status).toBe(status);
    expect(running.events).toEqual([]);
  });

  it('refuses a NUL in a name', async () => {
    const { visitor, page } = await open();
    const { response } = await visitor.submit(page.url, 'ann\0', PASSWORD);
    expect(response.status).toBe(400);
    expect(await response.text()).not.toContain('\0');
    expect(running.events).toEqual([]);
  });

  it.each([
    ['bcrypt', '$2b$12$R9h/cIPz0gi.URNNX3kh2OPST9/PgBkqquzi.Ss7KIUgO2t0jWMUW'],
    ['Argon2 that was cut', '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ'],
    ['the password itself', PASSWORD],
    ['nothing at all', ''],
  ])('refuses an account with a hash that is %s, with as much work, and tells', async (_, hash) => {
    const { visitor, page } = await open();
    const time = async (name: string) => {
      const start = process.cpuUsage();
      expect((await visitor.submit(page.url, name, PASSWORD)).response.status).toBe(401);
      const { user, system } = process.cpuUsage(start);
      return user + system;
    };
    await time('warm');
    const [{ password_hash: before } = {}] = await running.api.sql(
      `SELECT password_hash FROM ${PREFIX}_tokens.accounts`,
    );
    await running.api.sql(`UPDATE ${PREFIX}_tokens.accounts SET password_hash = $1`, [hash]);
    try {
      const times: [unknown: number, unreadable: number][] = [];
      for (const name of ['nobody', 'none', 'neither']) times.push([await time(name), await time('ann')]);
      const quickest = (n: 0 | 1) => Math.min(...times.map((pair) => pair[n]));
      expect(quickest(1) / quickest(0)).toBeGreaterThan(0.4);
      expect(running.events).toEqual(Array(3).fill({ event: 'unreadable_hash' }));
    } finally {
      await running.api.sql(`UPDATE ${PREFIX}_tokens.accounts SET password_hash = $1`, [before]);
    }
  });

  it('refuses an account that is disabled', async () => {
    await running.api.sql(`UPDATE ${PREFIX}_tokens.accounts SET disabled = true`);
    const { visitor, page } = await open();
    const { response } = await visitor.submit(page.url, 'ann', PASSWORD);
    await running.api.sql(`UPDATE ${PREFIX}_tokens.accounts SET disabled = false`);
    expect(response.status).toBe(401);
  });
});

describe('attempts', () => {
  it('of an account are limited, also with the right password, and at the same time', async () => {
    const { visitor, page } = await open();
    const answers = await Promise.all([1, 2, 3, 4, 5].map(() => visitor.submit(page.url, 'ann', 'wrong')));
    expect(answers.map(({ response }) => response.status).sort()).toEqual([401, 401, 401, 429, 429]);
    const right = await visitor.submit(page.url, 'ANN', PASSWORD);
    expect(right.response.status).toBe(429);
    expect(await right.response.text()).toContain('Too many attempts');
    expect(running.events).toContainEqual({ event: 'sign_in_limited' });
  });

  it('of an address are limited over all names', async () => {
    const { visitor, page } = await open();
    for (let n = 0; n < 8; n++) await visitor.submit(page.url, `guess ${n}`, 'wrong');
    const { response } = await visitor.submit(page.url, 'ann', PASSWORD);
    expect(response.status).toBe(429);
    // Not counted for the account: who is refused for the address locks nobody.
    expect(await running.api.sql(`SELECT FROM ${PREFIX}_tokens.attempts WHERE count > 1`)).toHaveLength(1);
  });

  it('are forgotten with a sign-in, and when their time is over', async () => {
    const { visitor, page } = await open();
    for (let n = 0; n < 2; n++) await visitor.submit(page.url, 'ann', 'wrong');
    await signIn(running.client);
    for (let n = 0; n < 3; n++) {
      expect((await visitor.submit(page.url, 'ann', 'wrong')).response.status).toBe(401);
    }
    await running.api.sql(`UPDATE ${PREFIX}_tokens.attempts SET expires_at = now() - interval '1 s'`);
    await expect(signIn(running.client)).resolves.toBeDefined();
  });

  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:0DB8::', '2001:db8:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['::1', '0:0:0:0'],
  ])('from %s count for %s', (address, expected) => {
    expect(network(address)).toBe(expected);
  });
});

describe('other ways', () => {
  it('a sign-in of yours shows no page', async () => {
    known = 'ann-1';
    const { page } = await open();
    expect(page.url.href).toContain(`${REDIRECT}?code=`);
  });

  it('who is signed in is not asked again, until signing out, which also ends the tokens', async () => {
    const visitor = new Visitor();
    const first = await signIn(running.client, visitor);
    const { url } = await authorization(running.client);
    expect((await visitor.follow(url)).url.href).toContain('code=');

    const out = await visitor.follow(`${running.service.issuer}/session/end?id_token_hint=${first.id_token}`);
    const html = await out.response.text();
    expect(html).toContain('<h1>Sign out?</h1>');
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(html)![1]!;
    const done = await visitor.follow(`${running.service.issuer}/session/end/confirm`, {
      method: 'POST',
      body: new URLSearchParams({ xsrf, logout: 'yes' }),
    });
    expect(await done.response.text()).toContain('You are signed out');
    expect((await visitor.follow(url)).url.href).toContain('/id/interaction/');
    const refresh = await fetch(`${running.service.issuer}/token`, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'refresh_token', client_id: 'web', refresh_token: first.refresh_token }),
    });
    expect(await refresh.json()).toMatchObject({ error: 'invalid_grant' });
  });
});

describe('clients', () => {
  it.each([
    ['without PKCE', { code_challenge: '' }],
    ['with a plain challenge', { code_challenge_method: 'plain' }],
    ['with the implicit flow', { response_type: 'token' }],
  ])('that ask %s get an error', async (_, parameters) => {
    const { url } = await authorization(running.client, parameters);
    if (url.searchParams.get('code_challenge') === '') url.searchParams.delete('code_challenge');
    const { url: back, response } = await new Visitor().follow(url);
    expect(`${response.status} ${back.href}`).toMatch(/error=(invalid_request|unsupported_response_type)/);
  });

  it('are sent back to no address but their own', async () => {
    const { url } = await authorization(running.client, { redirect_uri: 'https://evil.test/' });
    const { url: at, response } = await new Visitor().follow(url);
    expect(at.origin).toBe(new URL(running.service.issuer).origin);
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('invalid_redirect_uri');
  });

  it.each([
    ['https://app.test', 'https://app.test'],
    ['https://evil.test', null],
  ])('in a browser at %s may read tokens: %s', async (origin, allowed) => {
    const response = await fetch(`${running.service.issuer}/token`, {
      method: 'POST',
      headers: { Origin: origin },
      body: new URLSearchParams({ grant_type: 'refresh_token', client_id: 'web', refresh_token: 'x' }),
    });
    expect(response.headers.get('access-control-allow-origin')).toBe(allowed);
  });
});

it.each(['//', '///', '/\\', 'http://[', '*', '/id/interaction/..%2f'])(
  '%j is answered, and the service goes on',
  async (target) => {
    const { port } = new URL(running.service.issuer);
    const socket = connect(Number(port), '127.0.0.1');
    socket.end(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    expect(await text(socket)).toMatch(/^HTTP\/1\.1 4/);
    expect((await fetch(`${running.service.issuer}/.well-known/openid-configuration`)).status).toBe(200);
  },
);

it('nothing but its own path is answered', async () => {
  const { origin } = new URL(running.service.issuer);
  expect((await fetch(`${origin}/token`)).status).toBe(404);
  expect((await fetch(`${origin}/idea`)).status).toBe(404);
});
