import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as oauth from 'openid-client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { tokenService, type RunningTokenService } from '../../../token-service/index.ts';
import { refusal } from '../../support/errors.ts';
import { authorization, PASSWORD, REDIRECT, startTokenService, Visitor } from '../../support/token-service.ts';
import type { RunningService } from '../../support/token-service.ts';

const PREFIX = 'addressed';
let running: RunningService;
let service: RunningTokenService | undefined;
let server: Server;

beforeAll(async () => {
  running = await startTokenService(PREFIX);
});
afterAll(() => running?.stop());
afterEach(async () => {
  await service?.stop();
  service = undefined;
  server?.closeAllConnections();
  server?.close();
});

/** The service with an address of its own, behind somebody who changes requests on their way. */
async function serve(issuer: string, trustProxy: boolean, change: (request: IncomingMessage) => void): Promise<string> {
  const { tokens } = running.declaration;
  service = tokenService({
    ...running.options,
    declaration: { ...running.declaration, tokens: { ...tokens, issuer } },
    trustProxy,
  });
  server = createServer((request, response) => {
    change(request);
    service!.handler(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Signs in and out; returns what the service has said of itself on the way. */
async function walk(issuer: string, at: string) {
  const visitor = new Visitor(at);
  const discovered = await (await visitor.ask(`${issuer}/.well-known/openid-configuration`)).text();
  const client = new oauth.Configuration(
    JSON.parse(discovered) as oauth.ServerMetadata,
    'web',
    undefined,
    oauth.None(),
  );
  const { url } = await authorization(client);
  const begun = await visitor.ask(url);
  const page = await visitor.follow(url);
  const submitted = await visitor.ask(page.url, {
    method: 'POST',
    body: new URLSearchParams({ name: 'ann', password: PASSWORD }),
  });
  const back = await visitor.follow(submitted.headers.get('location')!);
  const out = await visitor.ask(`${issuer}/session/end`);
  const places = [begun, submitted].map(({ headers }) => new URL(headers.get('location')!, issuer).href);
  return { visitor, discovered, places, back: back.url, out: await out.text() };
}

const hostile = (request: IncomingMessage) => {
  Object.assign(request.headers, {
    host: 'evil.test',
    'x-forwarded-host': 'evil.test',
    'x-forwarded-proto': 'http',
    'x-forwarded-port': '666',
    'x-forwarded-prefix': '/evil.test',
    forwarded: 'host=evil.test;proto=http',
  });
};
describe.each(['https://id.test', 'https://app.test/id', 'https://app.test/auth'])('as %s', (issuer) => {
  it.each([
    ['a proxy that says nothing', true, () => undefined],
    ['a proxy that hands on what it gets', true, hostile],
    ['nobody, and asked with other names', false, hostile],
  ] as const)('behind %s, it knows its address', async (_, trustProxy, change) => {
    const { discovered, places, back, out, visitor } = await walk(issuer, await serve(issuer, trustProxy, change));
    const addresses = Object.entries(JSON.parse(discovered) as object).filter(([name]) => name.endsWith('endpoint'));
    expect(addresses.length).toBeGreaterThan(3);
    for (const [, address] of addresses) expect(address).toMatch(new RegExp(`^${issuer}/[a-z/]+$`));
    for (const place of places) expect(place).toMatch(new RegExp(`^${issuer}/(interaction|auth)/`));
    expect(back.href).toContain(`${REDIRECT}?code=`);
    expect(out).toContain(`action="${issuer}/session/end/confirm"`);
    expect([discovered, out, ...visitor.setCookies].join()).not.toContain('evil.test');
  });

  it('its cookies are for TLS, and the session and what is pending for this host only', async () => {
    const { visitor } = await walk(issuer, await serve(issuer, false, () => undefined));
    const names = visitor.setCookies.map((cookie) =>
      cookie.replace(/(\.sig)?=.*/, '').replace(/(?<=_pending_)[\w-]{16}$/, '…'),
    );
    expect([...new Set(names)].sort()).toEqual([
      `__Host-${PREFIX}_pending_…`,
      `__Host-${PREFIX}_session`,
      `__Secure-${PREFIX}_interaction`,
      `__Secure-${PREFIX}_resume`,
    ]);
    for (const cookie of visitor.setCookies) {
      expect(cookie).toMatch(/; secure(;|$)/);
      expect(cookie).toMatch(/; httponly(;|$)/);
      expect(cookie).not.toMatch(/domain=/i);
      if (cookie.startsWith('__Host-')) expect(cookie).toContain('; path=/;');
    }
  });
});

it('knows its address also where a request names another server', async () => {
  const issuer = 'https://id.test';
  const at = await serve(issuer, true, (request) => (request.url = `http://evil.test${request.url}`));
  const visitor = new Visitor(at);
  const discovered = await (await visitor.ask(`${issuer}/.well-known/openid-configuration`)).text();
  expect(discovered).toContain(`"${issuer}/token"`);
  expect(discovered).not.toContain('evil.test');
});

it.each(['http://id.test', 'http://127.0.0.1.evil.test', 'https://id.test?x', 'https://id.test#x', 'ftp://id.test'])(
  '%s is refused as an address',
  (issuer) => {
    const declaration = { ...running.declaration, tokens: { ...running.declaration.tokens, issuer } };
    expect(refusal(() => tokenService({ ...running.options, declaration }))).toMatchObject({ code: 'invalid_prop' });
  },
);
