import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { skipNginx, startNginx, type Nginx } from '../../support/nginx.ts';
import { notes } from '../../support/notes.ts';
import { rawRequest, statuses } from '../../support/raw-request.ts';

const ORIGIN = 'https://app.test';
const ISSUER = 'https://id.test:8443/sign-in';

let api: EphemeralPostgrest;
let gateway: Nginx;
/** Stands in for a token service: answers with the headers that it was sent. */
let service: Server;
let token: string;

const declaration = notes('gateway', {
  server: { corsAllowedOrigins: [ORIGIN] },
  functions: [
    { name: 'seen', execute: ['gateway_user', 'gateway_anon'] },
    { name: 'cached', execute: ['gateway_user'] },
  ],
});
const migrations = [
  ...declaration.migrations,
  {
    file: 'migrations/002_functions.sql',
    sql: `CREATE FUNCTION api.seen() RETURNS json STABLE LANGUAGE sql AS $$ SELECT current_setting('request.headers')::json $$;
CREATE FUNCTION api.cached() RETURNS text STABLE LANGUAGE sql AS
  $$ SELECT set_config('response.headers', '[{"Cache-Control": "max-age=60"}, {"Content-Security-Policy": "sandbox"}]', true) $$;`,
  },
];

describe.skipIf(skipNginx)('requests through the gateway', () => {
  beforeAll(async () => {
    service = createServer((request, response) => {
      response.setHeader('Access-Control-Allow-Origin', 'https://page.test');
      response.end(JSON.stringify({ url: request.url, headers: request.headers }));
    }).listen(0, '127.0.0.1');
    await once(service, 'listening');
    api = await startEphemeralPostgrest({ ...declaration, migrations });
    gateway = await startNginx(api.url, {
      input: { rejectCountEstimates: true },
      places: {
        corsAllowedOrigins: [ORIGIN],
        tokenService: { host: '127.0.0.1', port: (service.address() as AddressInfo).port, issuer: ISSUER },
      },
    });
    token = await api.tokenFor('gateway_user', { user_id: 1 });
  });

  afterAll(async () => {
    await gateway?.stop();
    await api?.stop();
    service.close();
  });

  const ask = (path: string, headers: Record<string, string> = {}, init: RequestInit = {}) =>
    fetch(gateway.url + path, { ...init, headers: { Authorization: `Bearer ${token}`, ...headers } });
  const seen = async (headers: Record<string, string>) =>
    (await (await ask('/rpc/seen', headers)).json()) as Record<string, string>;

  it('are answered as without it', async () => {
    const paths = ['/notes?select=body', '/notes?user_id=eq.2', '/none', '/notes?body=x', '/rpc/seen?a=1', '/'];
    for (const path of paths) {
      const headers = { Authorization: `Bearer ${token}` };
      const direct = await fetch(api.url + path, { headers });
      const through = await ask(path);
      expect([through.status, await through.text()], path).toEqual([direct.status, await direct.text()]);
      for (const name of ['content-type', 'content-range', 'content-location']) {
        expect(through.headers.get(name), `${name} of ${path}`).toBe(direct.headers.get(name));
      }
    }
  });

  it('change rows, with every method', async () => {
    const json = { 'Content-Type': 'application/json', Prefer: 'return=representation' };
    const created = await ask('/notes', json, { method: 'POST', body: '{"user_id":1,"body":"new"}' });
    expect([created.status, await created.json()]).toEqual([201, [expect.objectContaining({ body: 'new' })]]);
    const patched = await ask('/notes?body=eq.new', json, { method: 'PATCH', body: '{"body":"newer"}' });
    expect([patched.status, await patched.json()]).toEqual([200, [expect.objectContaining({ body: 'newer' })]]);
    expect((await ask('/notes?body=eq.newer', {}, { method: 'DELETE' })).status).toBe(204);
    expect((await ask('/notes', {}, { method: 'HEAD' })).status).toBe(200);
  });

  it('keep addresses as they were sent, and NUL in a path is rejected', async () => {
    expect((await ask('/notes?body=eq.a%2Fb%26c')).headers.get('content-location')).toBe('/notes?body=eq.a%2Fb%26c');
    expect((await ask('/notes%00')).status).toBe(400);
    expect((await ask('/notes%00x?select=body')).status).toBe(400);
  });

  it('say who the client is in the words of the gateway, whatever the client says', async () => {
    const headers = {
      Forwarded: 'for=6.6.6.6',
      'X-Forwarded-For': '6.6.6.6',
      'X-Forwarded-Host': 'evil.test',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Prefix': '/evil',
      'X-Real-IP': '6.6.6.6',
      'X-Original-URL': '/evil',
      'X-HTTP-Method-Override': 'DELETE',
    };
    const { authorization, ...request } = await seen(headers);
    expect(authorization).toBe(`Bearer ${token}`);
    expect(request).toMatchObject({
      host: '127.0.0.1',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-real-ip': '127.0.0.1',
    });
    for (const name of ['forwarded', 'x-forwarded-prefix', 'x-original-url', 'x-http-method-override']) {
      expect(request, name).not.toHaveProperty(name);
    }
  });

  it('drop headers whose names servers could take for others', async () => {
    const answer = await rawRequest(
      gateway.port,
      `GET /rpc/seen HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX_Forwarded_For: 6.6.6.6\r\nX-Forwarded-For : 6.6.6.6\r\nAuthorization: Bearer ${token}\r\n\r\n`,
    );
    expect(answer).not.toContain('6.6.6.6');
  });

  describe('headers of answers', () => {
    it('say that an answer depends on the token, and is not stored', async () => {
      const { headers } = await ask('/notes');
      expect(headers.get('vary')).toContain('Authorization, Origin');
      expect(headers.get('cache-control')).toBe('private, no-store');
    });

    it('keep pages of others from using it', async () => {
      const { headers } = await ask('/none');
      expect(Object.fromEntries(headers)).toMatchObject({
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'x-frame-options': 'DENY',
        'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
      });
      expect(headers.get('server')).toBe('nginx');
    });

    it('are those of the server where it has its own', async () => {
      const { headers } = await ask('/rpc/cached');
      expect(headers.get('cache-control')).toBe('max-age=60');
      expect(headers.get('content-security-policy')).toBe('sandbox');
    });
  });

  describe('CORS', () => {
    const preflight = (path: string, origin: string, names = 'authorization, prefer') =>
      fetch(gateway.url + path, {
        method: 'OPTIONS',
        headers: { Origin: origin, 'Access-Control-Request-Method': 'PATCH', 'Access-Control-Request-Headers': names },
      });

    it('a declared origin may use it', async () => {
      const { status, headers } = await preflight('/notes', ORIGIN);
      expect(status).toBe(204);
      expect(Object.fromEntries(headers)).toMatchObject({
        'access-control-allow-origin': ORIGIN,
        'access-control-allow-credentials': 'true',
        'access-control-allow-methods': 'GET, POST, PATCH, PUT, DELETE, OPTIONS, HEAD',
        'access-control-allow-headers': 'Authorization, authorization, prefer',
      });
      expect((await ask('/notes', { Origin: ORIGIN })).headers.get('access-control-allow-origin')).toBe(ORIGIN);
    });

    it.each(['https://evil.test', 'https://app.test.evil.test', 'null', '*'])(
      'another origin may not: %s',
      async (origin) => {
        const { headers } = await preflight('/notes', origin);
        expect([...headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
        expect((await ask('/notes', { Origin: origin })).headers.get('access-control-allow-origin')).toBeNull();
      },
    );

    it('errors of the gateway can be read by a declared origin', async () => {
      const { status, headers } = await ask(`/${'n'.repeat(3000)}`, { Origin: ORIGIN });
      expect([status, headers.get('access-control-allow-origin')]).toEqual([414, ORIGIN]);
    });

    it('capitals make no other origin: the declared one is answered', async () => {
      const { headers } = await preflight('/notes', 'https://APP.test');
      expect(headers.get('access-control-allow-origin')).toBe(ORIGIN);
    });

    it('names of headers that are none are not repeated', async () => {
      const { headers } = await preflight('/notes', ORIGIN, 'a: b');
      expect(headers.get('access-control-allow-headers')).toBe('Authorization');
    });
  });

  describe('the token service', () => {
    it('is reached at the path of its issuer, and believes nobody about its address', async () => {
      const response = await ask('/sign-in/auth?state=1', {
        'X-Forwarded-Host': 'evil.test',
        Origin: 'https://page.test',
      });
      expect(await response.json()).toMatchObject({
        url: '/sign-in/auth?state=1',
        headers: { host: 'id.test:8443', 'x-forwarded-host': 'id.test:8443', 'x-forwarded-proto': 'https' },
      });
      expect(response.headers.get('access-control-allow-origin')).toBe('https://page.test');
      expect(response.headers.get('content-security-policy')).toBeNull();
    });

    it('is not reached from the paths of the API', async () => {
      for (const path of ['/sign-inside', '/notes/../sign-i', '/x/%2e%2e/none']) {
        expect(await (await ask(path)).text(), path).not.toContain('"url"');
      }
    });

    it('keeps its queries out of the log', async () => {
      await ask('/sign-in/callback?code=very-secret');
      await expect.poll(() => gateway.requests().some(({ url }) => url === '/sign-in/callback')).toBe(true);
      expect(gateway.logs()).not.toContain('very-secret');
    });
  });

  describe('refused', () => {
    const error = async (response: Response) => [response.status, await response.json()];

    it('errors have the form of those of PostgREST', async () => {
      const response = await ask('/notes', {}, { method: 'PROPFIND' });
      expect(response.headers.get('content-type')).toBe('application/json');
      expect(await error(response)).toEqual([
        405,
        { code: 'GATEWAY405', details: null, hint: null, message: 'The method is not allowed' },
      ]);
    });

    it.each(['count=planned', 'count=estimated', 'return=minimal, count=planned', 'COUNT=Planned'])(
      'an estimate of rows that policies hide: %s',
      async (prefer) => {
        expect((await ask('/notes', { Prefer: prefer })).status).toBe(403);
      },
    );

    it('an exact count is answered', async () => {
      expect((await ask('/notes', { Prefer: 'count=exact' })).headers.get('content-range')).toBe('0-0/1');
    });

    it.each(['CONNECT', 'TRACE'])('%s', async (method) => {
      const answer = await rawRequest(
        gateway.port,
        `${method} /notes HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
      );
      expect([400, 405]).toContain(statuses(answer)[0]);
    });

    it('several tokens', async () => {
      const two = ['Bearer x', `Bearer ${token}`];
      for (const [first, second] of [two, two.toReversed()]) {
        const answer = await rawRequest(
          gateway.port,
          `GET /notes HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: ${first}\r\nauthorization: ${second}\r\n\r\n`,
        );
        expect(statuses(answer)).toEqual([400]);
      }
      expect((await ask('/notes', { Authorization: `Bearer x, Bearer ${token}` })).status).toBe(400);
    });

    it('a server that does not answer is 502, in the same form', async () => {
      const away = await startNginx('http://127.0.0.1:1');
      try {
        expect(await error(await fetch(`${away.url}/notes`))).toEqual([
          502,
          expect.objectContaining({ code: 'GATEWAY502' }),
        ]);
        expect((await fetch(`${away.status}/health`)).status).toBe(200);
        expect((await fetch(`${away.status}/ready`)).status).toBe(502);
      } finally {
        await away.stop();
      }
    });
  });

  it('the log is a line of JSON for each, without tokens', async () => {
    await ask('/notes?select=id&body=eq."quoted"', { 'User-Agent': 'a"b' });
    await expect.poll(() => gateway.requests().some(({ url }) => String(url).includes('quoted'))).toBe(true);
    expect(gateway.requests().find(({ url }) => String(url).includes('quoted'))).toMatchObject({
      address: '127.0.0.1',
      method: 'GET',
      status: 200,
      seconds: expect.any(Number) as number,
      serverStatus: '200',
    });
    const [, payload, signature] = token.split('.');
    for (const part of [payload!, signature!, signature!.slice(0, 32)]) expect(gateway.logs()).not.toContain(part);
  });

  it('the status port has health, readiness and figures', async () => {
    const text = async (path: string) => (await fetch(gateway.status + path)).text();
    expect(await text('/health')).toBe('ok');
    expect((await fetch(`${gateway.status}/ready`)).status).toBeLessThan(500);
    expect(await text('/metrics')).toMatch(/^Active connections: \d+/);
    expect((await fetch(`${gateway.status}/notes`)).status).toBe(404);
  });
});
