import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authorization, PASSWORD, REDIRECT, startTokenService, Visitor } from '../../support/token-service.ts';
import type { RunningService } from '../../support/token-service.ts';

const PREFIX = 'headed';
let running: RunningService;
let issuer: string;
let paths: Record<string, string>;

beforeAll(async () => {
  running = await startTokenService(PREFIX, { path: '/id' });
  issuer = running.service.issuer;
  const page = (await new Visitor().follow((await authorization(running.client)).url)).url;
  paths = { interaction: page.href, resume: page.href.replace('/interaction/', '/auth/') };
});
afterAll(() => running?.stop());

function expectProtected({ headers }: Response): void {
  const policy = headers.get('content-security-policy') ?? '';
  for (const directive of ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"]) {
    expect(policy).toContain(directive);
  }
  expect(policy).not.toContain('unsafe');
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('referrer-policy')).toBe('no-referrer');
  expect(headers.get('cache-control')).toBe('no-store');
}

const ROUTES = [
  ...['/auth', '/auth/x', '/token', '/token/revocation', '/token/introspection', '/jwks', '/me', '/request', '/reg'],
  ...['/session/end', '/session/end/confirm', '/session/end/success', '/interaction/x', '/interaction/', '/device'],
  ...[
    '/.well-known/openid-configuration',
    '/.well-known/oauth-authorization-server',
    '/',
    '',
    '/nothing',
    '/../id/auth',
  ],
];

describe.each(['GET', 'HEAD', 'POST', 'OPTIONS', 'PUT', 'DELETE', 'PATCH'])('%s', (method) => {
  it.each(['text/html', 'application/json'])(
    'is answered with every header, whatever the path, for %s',
    async (accept) => {
      for (const route of ROUTES) {
        const response = await fetch(issuer + route, { method, redirect: 'manual', headers: { Accept: accept } });
        expect(response.status, route).toBeLessThan(500);
        expectProtected(response);
        await response.arrayBuffer();
      }
    },
  );
});

it('what is no method, path or query of ours is refused, with every header', async () => {
  for (const [path, status] of [
    ['/auth%00', 400],
    ['/%00auth', 400],
    ['/interaction/x%00', 400],
    ['/auth%', 400],
    ['/auth%ff', 400],
    ['/auth%c0%80', 400],
    ['/auth%0a', 400],
    ['/auth%7f', 400],
    ['/auth%5c', 400],
    ['/auth?state=%', 400],
    ['/auth?state=%ff', 400],
    ['/jwks%00', 400],
    ['/.well-known/openid-configuration%00', 400],
    [`/auth?state=${'x'.repeat(5000)}`, 414],
  ] as const) {
    const response = await fetch(issuer + path, { redirect: 'manual' });
    expect(response.status, path).toBe(status);
    expectProtected(response);
  }
  for (const method of ['PUT', 'DELETE', 'PATCH', 'SEARCH']) {
    const response = await fetch(`${issuer}/auth`, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST, OPTIONS']);
  }
});

it('a NUL that is not encoded is refused before it is a request', async () => {
  const socket = connect(Number(new URL(issuer).port), '127.0.0.1');
  socket.end('GET /id/auth\0 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 400/);
});

describe('each page has every header', () => {
  const ask = async (visitor: Visitor, url: string | URL, init?: RequestInit) => {
    const response = await visitor.ask(url, init);
    expectProtected(response);
    return response;
  };

  it('of a sign-in, an error and a sign-out, each redirect between them, and form_post with its script alone', async () => {
    const visitor = new Visitor();
    const { url } = await authorization(running.client, { response_mode: 'form_post' });
    const begun = await ask(visitor, url);
    const page = new URL(begun.headers.get('location')!, url);
    expect((await ask(visitor, page)).status).toBe(200);
    const submit = (password: string) =>
      ask(visitor, page, { method: 'POST', body: new URLSearchParams({ name: 'ann', password }) });
    expect((await submit('wrong')).status).toBe(401);
    expect((await submit('x'.repeat(10_000))).status).toBe(413);
    const done = await submit(PASSWORD);
    expect(done.status).toBe(303);
    const post = await ask(visitor, new URL(done.headers.get('location')!, url));
    const html = await post.text();
    expect(html).toContain(`action="${REDIRECT}"`);
    const script = /<script>(.*)<\/script>/s.exec(html)![1]!;
    const hash = Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(script))).toString('base64');
    expect(post.headers.get('content-security-policy')).toContain(`script-src 'sha256-${hash}'`);

    const out = await ask(visitor, `${issuer}/session/end`);
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(await out.text())![1]!;
    const confirm = new URLSearchParams({ xsrf, logout: 'yes' });
    const over = await ask(visitor, `${issuer}/session/end/confirm`, { method: 'POST', body: confirm });
    expect((await ask(visitor, over.headers.get('location')!)).status).toBe(200);
    expect((await ask(visitor, `${issuer}/auth?client_id=nobody`)).status).toBe(400);
    expect((await ask(visitor, paths['resume']!)).status).toBe(400);
    expect((await ask(visitor, paths['interaction']!)).status).toBe(400);
  });

  it('where the database has gone, and where something fails inside', async () => {
    const visitor = new Visitor();
    const page = (await visitor.follow((await authorization(running.client)).url)).url;
    await running.api.sql(`ALTER TABLE ${PREFIX}_tokens.tokens RENAME TO elsewhere`);
    try {
      const failed = await ask(visitor, page);
      expect(failed.status).toBe(500);
      expect(await failed.text()).not.toContain('elsewhere');
      const token = await fetch(`${issuer}/token`, {
        method: 'POST',
        body: new URLSearchParams({ grant_type: 'refresh_token', client_id: 'web', refresh_token: 'x' }),
      });
      expect(token.status).toBe(500);
      expectProtected(token);
      expect(await token.json()).toMatchObject({ error: 'server_error' });
    } finally {
      await running.api.sql(`ALTER TABLE ${PREFIX}_tokens.elsewhere RENAME TO tokens`);
    }
  });
});
