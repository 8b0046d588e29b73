import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { launchBrowser, visit } from '../support/browser.ts';
import { certificateAuthority } from '../support/certificates.ts';
import { authorization, PASSWORD, startTokenService, type RunningService } from '../support/token-service.ts';

const PREFIX = 'tossed';
const DOMAIN = 'example.test';
const pem = certificateAuthority('test').issue(`id.${DOMAIN}`, `app.${DOMAIN}`, `evil.${DOMAIN}`);

let browser: Browser;
let running: RunningService;
/** The client's host, and that of the attacker, who answers with the cookies that are to be planted. */
let sites: Server;
let planted: string[] = [];
let redirectUri: string;
let evil: string;
let victim: BrowserContext;
let attacker: BrowserContext;

beforeAll(async () => {
  sites = createServer({ cert: pem, key: pem }, (request, response) => {
    if (request.headers.host?.startsWith('evil')) response.setHeader('Set-Cookie', planted);
    response.setHeader('Content-Type', 'text/html').end('<title>here</title>');
  }).listen(0, '127.0.0.1');
  await once(sites, 'listening');
  const { port } = sites.address() as AddressInfo;
  redirectUri = `https://app.${DOMAIN}:${port}/signed-in`;
  evil = `https://evil.${DOMAIN}:${port}/`;
  [browser, running] = await Promise.all([
    launchBrowser(DOMAIN),
    startTokenService(PREFIX, {
      tls: { host: `id.${DOMAIN}`, pem },
      clients: [{ id: 'web', redirectUris: [redirectUri] }],
      attempts: { perAccount: 1000, perAddress: 1000 },
    }),
  ]);
});
afterAll(async () => {
  await Promise.all([browser?.close(), running?.stop()]);
  sites.close();
});
beforeEach(async () => {
  planted = [];
  [victim, attacker] = (await Promise.all(
    [1, 2].map(() => browser.newContext({ ignoreHTTPSErrors: true, bypassCSP: true })),
  )) as [BrowserContext, BrowserContext];
});
afterEach(() => Promise.all([victim.close(), attacker.close()]));

/** Begins a sign-in: the sign-in page, or the client's where the browser has signed in already. */
async function begin(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await visit(page, (await authorization(running.client, { redirect_uri: redirectUri })).url.href);
  return page;
}

async function submit(page: Page): Promise<void> {
  await page.getByLabel('Name').fill('ann');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((url) => !url.pathname.includes('/interaction/'));
}

const isSignedIn = (page: Page) => page.url().startsWith(`${redirectUri}?`) && page.url().includes('code=');
const uidOf = (page: Page) => new URL(page.url()).pathname.split('/').at(-1)!;

/** Whether a new sign-in of this browser shows no page, because it has a session. */
async function hasSession(context: BrowserContext): Promise<boolean> {
  const page = await begin(context);
  return isSignedIn(page);
}

/** What the attacker's browser has, as pairs. */
async function cookiesOf(context: BrowserContext): Promise<[name: string, value: string][]> {
  return (await context.cookies()).map(({ name, value }) => [name, value]);
}

const tossed = (pairs: readonly (readonly [string, string])[], attributes: string) =>
  pairs.map(([name, value]) => `${name}=${value}; Domain=${DOMAIN}; Secure; ${attributes}`);

/** Ways to plant the attacker's cookies from a sibling domain. */
const ways: Readonly<Record<string, (pairs: [string, string][], uid: string) => string[]>> = {
  'for all paths': (pairs) => tossed(pairs, 'Path=/'),
  'for the very path': (pairs, uid) => [
    ...tossed(pairs, `Path=/interaction/${uid}`),
    ...tossed(pairs, `Path=/auth/${uid}`),
  ],
  'for a path above': (pairs) => [...tossed(pairs, 'Path=/interaction'), ...tossed(pairs, 'Path=/auth')],
  'with __Host- in other letters': (pairs) =>
    tossed(
      pairs.map(([name, value]) => [name.replace('__Host-', '__host-'), value]),
      'Path=/',
    ),
  'without a name': (pairs) => [
    ...tossed(pairs, 'Path=/'),
    ...pairs.map(([name, value]) => `=${name}=${value}; Domain=${DOMAIN}; Secure; Path=/`),
  ],
  'behind white space': (pairs) => [
    ...tossed(pairs, 'Path=/'),
    ...['\t', ' ', '\u00a0', '\u0085'].flatMap((space) =>
      tossed(
        pairs.map(([name, value]) => [space + name, value]),
        'Path=/',
      ),
    ),
  ],
  'inside of another value': (pairs) => [
    ...tossed(pairs, 'Path=/'),
    ...tossed([['x', `"y, ${pairs.map(([name, value]) => `${name}=${value}`).join(', ')}"`]], 'Path=/'),
  ],
  'after the jar has overflown': (pairs) => [
    ...Array.from({ length: 200 }, (_, n) => `filler${n}=x; Domain=${DOMAIN}; Secure; Path=/`),
    ...tossed(pairs, 'Path=/'),
  ],
};

describe.each(Object.keys(ways))('a sibling domain that plants cookies %s', (way) => {
  async function plant(uid: string) {
    planted = ways[way]!(await cookiesOf(attacker), uid);
    const page = await victim.newPage();
    await visit(page, evil);
    await page.close();
  }

  it('has nobody finish the sign-in that the attacker began', async () => {
    const mine = await begin(attacker);
    const uid = uidOf(mine);
    const own = await begin(victim);
    await plant(uid);

    const page = await victim.newPage();
    await visit(page, `https://id.${DOMAIN}:${new URL(running.service.issuer).port}/interaction/${uid}`);
    expect(await page.getByRole('heading').innerText()).toBe('This sign-in is over');
    await visit(mine, `${running.service.issuer}/auth/${uid}`);
    expect(isSignedIn(mine)).toBe(false);
    expect(await hasSession(attacker)).toBe(false);
    // The victim can still sign in, if need be by beginning again.
    await visit(own, (await authorization(running.client, { redirect_uri: redirectUri })).url.href);
    expect(isSignedIn(own)).toBe(false);
  });

  it('does not sign anybody in as the attacker, who stops before the end of an own sign-in', async () => {
    const mine = await begin(attacker);
    const uid = uidOf(mine);
    // Without going where that leads.
    await mine.evaluate(
      ([name, password]) =>
        fetch('', { method: 'POST', redirect: 'manual', body: new URLSearchParams({ name, password }) }),
      ['ann', PASSWORD] as const,
    );
    await plant(uid);

    const page = await victim.newPage();
    await visit(page, `${running.service.issuer}/auth/${uid}`);
    expect(isSignedIn(page)).toBe(false);
    expect(await hasSession(victim)).toBe(false);
    // It was the end of a sign-in: where it began, it counts.
    await visit(mine, `${running.service.issuer}/auth/${uid}`);
    expect(isSignedIn(mine)).toBe(true);
  });
});

it('a sibling domain cannot send the form of a sign-in that it knows', async () => {
  const own = await begin(victim);
  const page = await victim.newPage();
  await visit(page, evil);
  await page.setContent(`<form method="post" action="${own.url()}">
    <input name="name" value="ann"><input name="password" value="${PASSWORD}"><button>Win</button></form>`);
  await page.getByRole('button').click();
  await page.getByText('The form was sent by another site.').waitFor();
  expect(await hasSession(victim)).toBe(false);
});

it('over TLS a sign-in works in two tabs that began at once, and by the back button, with cookies of this host only', async () => {
  const [first, second] = await Promise.all([begin(victim), begin(victim)]);
  const pending = (await victim.cookies()).filter(({ name }) => name.includes('pending'));
  expect(pending).toHaveLength(2);
  for (const cookie of pending) {
    expect(cookie.name).toMatch(new RegExp(`^__Host-${PREFIX}_pending_`));
    expect(cookie).toMatchObject({ secure: true, httpOnly: true, sameSite: 'Lax', path: '/', domain: `id.${DOMAIN}` });
  }
  await submit(first);
  expect(isSignedIn(first)).toBe(true);
  await submit(second);
  expect(isSignedIn(second)).toBe(true);
  expect((await victim.cookies()).filter(({ name }) => name.includes('pending'))).toEqual([]);

  await second.goBack();
  await second.reload();
  expect(await second.getByRole('heading').innerText()).toBe('This sign-in is over');
  expect(await hasSession(victim)).toBe(true);
});
