import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser } from 'playwright-core';
import { authorizationCodeGrant } from 'openid-client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { launchBrowser, visit } from '../support/browser.ts';
import { authorization, notes, PASSWORD, startTokenService } from '../support/token-service.ts';
import type { RunningService } from '../support/token-service.ts';

let browser: Browser;
let running: RunningService;
/** Where users return to. */
let app: Server;
let redirectUri: string;

beforeAll(async () => {
  app = createServer((_, response) => void response.end('signed in')).listen(0, '127.0.0.1');
  await once(app, 'listening');
  redirectUri = `http://127.0.0.1:${(app.address() as AddressInfo).port}/signed-in`;
  [browser, running] = await Promise.all([
    launchBrowser(),
    startTokenService('browsed', { clients: [{ id: 'web', redirectUris: [redirectUri] }] }),
  ]);
});
afterAll(async () => {
  await Promise.all([browser?.close(), running?.stop()]);
  app.close();
});

it('signs in with the keyboard alone, also after a mistake, and then without asking', async () => {
  const context = await browser.newContext();
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => complaints.push(message.text()));
  page.on('pageerror', (error) => complaints.push(String(error)));
  const { url, checks } = await authorization(running.client, { redirect_uri: redirectUri });
  const keys = page.keyboard;

  await visit(page, url.href);
  await keys.type('ann');
  await keys.press('Tab');
  await keys.type('wrong');
  await keys.press('Enter');
  await page.getByRole('alert').getByText('Name or password is wrong.').waitFor();
  expect(await page.getByLabel('Name').inputValue()).toBe('ann');
  expect(await page.getByLabel('Name').getAttribute('aria-describedby')).toBe('problem');
  expect(await page.locator('#password:focus').count()).toBe(1);

  await keys.type(PASSWORD);
  await keys.press('Tab');
  await keys.press('Space');
  await page.waitForURL(`${redirectUri}?*`);
  const tokens = await authorizationCodeGrant(running.client, new URL(page.url()), checks);
  expect(await notes(running.api, tokens.access_token)).toBe('200 [{"body":"mine"}]');

  await visit(page, (await authorization(running.client, { redirect_uri: redirectUri })).url.href);
  await page.waitForURL(`${redirectUri}?*`);
  // The browser notes the answer to the wrong password, and nothing else, such as a blocked form.
  expect(complaints).toEqual([expect.stringContaining('401')]);
  await context.close();
});
