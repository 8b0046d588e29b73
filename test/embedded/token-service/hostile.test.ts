import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { hostileText } from '../../support/hostile-text.ts';
import { authorization, PASSWORD, signIn, startTokenService, Visitor } from '../../support/token-service.ts';
import type { RunningService } from '../../support/token-service.ts';

const PREFIX = 'besieged';
/** Each case is a request or two. */
const RUNS = { numRuns: 60 };
let running: RunningService;
let visitor: Visitor;

beforeAll(async () => {
  const many = { perAccount: 1_000_000, perAddress: 1_000_000 };
  running = await startTokenService(PREFIX, { attempts: many });
});
afterAll(() => running?.stop());
beforeEach(() => {
  visitor = new Visitor();
});

/** Also with what Postgres cannot hold, in the forms in which it may come. */
const hostile = fc
  .oneof(
    hostileText,
    hostileText.map((text) => `${text}\0${text}`),
    fc.constantFrom('\0', '__proto__', '\ud800', '{"a":"\\u0000"}', 'x'.repeat(5000)),
  )
  .map((text) => encodeURIComponent(Buffer.from(text).toString()))
  .chain((text) => fc.constantFrom(text, `${text}%ff%c0%80`, `${text}%`));

const AUTHORIZE = [
  ...['client_id', 'redirect_uri', 'response_type', 'response_mode', 'scope', 'state', 'nonce', 'code_challenge'],
  ...[
    'code_challenge_method',
    'prompt',
    'max_age',
    'login_hint',
    'id_token_hint',
    'ui_locales',
    'acr_values',
    'display',
  ],
  ...['claims', 'resource', 'request', 'request_uri', 'registration', 'dpop_jkt'],
];
const TOKEN = [
  ...['grant_type', 'client_id', 'client_secret', 'refresh_token', 'code', 'code_verifier', 'redirect_uri', 'scope'],
  ...['resource', 'token', 'token_type_hint', 'client_assertion', 'client_assertion_type'],
];

/** A query with one parameter in place of its own, or beside it. */
function altered(query: URLSearchParams, name: string, value: string, beside: boolean): string {
  const rest = [...query].filter(([key]) => beside || key !== name);
  return [...rest.map(([key, text]) => `${key}=${encodeURIComponent(text)}`), `${name}=${value}`].join('&');
}

/** It was an answer, and nothing went wrong inside: neither here nor in Postgres. */
async function expectAnswer(response: Response): Promise<void> {
  await response.text();
  expect(response.status).toBeLessThan(500);
  expect(running.events.splice(0)).toEqual([]);
}

const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  fetch(`${running.service.issuer}${path}`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/x-www-form-urlencoded', ...headers },
  });

it('to authorize, any parameter may hold anything, also of who is signed in', async () => {
  const known = new Visitor();
  await signIn(running.client, known);
  const { url } = await authorization(running.client);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...AUTHORIZE),
      hostile,
      fc.boolean(),
      fc.boolean(),
      async (name, value, beside, asKnown) => {
        const query = altered(url.searchParams, name, value, beside);
        await expectAnswer(await (asKnown ? known : visitor).ask(`${url.origin}${url.pathname}?${query}`));
      },
    ),
    RUNS,
  );
});

it.each(['state', 'nonce', 'login_hint', 'ui_locales'])(
  'a NUL in %s is an error that the client is told',
  async (name) => {
    const { url } = await authorization(running.client, { [name]: 'a\0b' });
    const response = await visitor.ask(url);
    const location = new URL(response.headers.get('location')!);
    expect(Object.fromEntries(location.searchParams)).toMatchObject({
      error: 'invalid_request',
      error_description: 'a parameter holds a NUL character',
    });
    expect(location.origin).toBe('https://app.test');
    await expectAnswer(response);
  },
);

it.each([
  ['/token', { grant_type: 'refresh_token', client_id: 'web', refresh_token: 'x' }],
  ['/token', { grant_type: 'authorization_code', client_id: 'web', code: 'x', code_verifier: 'x'.repeat(43) }],
  ['/token/revocation', { client_id: 'web', token: 'x' }],
])('%s takes anything', async (path, parameters) => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...TOKEN), hostile, fc.boolean(), async (name, value, beside) => {
      await expectAnswer(await post(path, altered(new URLSearchParams(parameters), name, value, beside)));
    }),
    RUNS,
  );
  for (const authorization of ['Basic', 'Basic AAAA', `Basic ${btoa('web:\0')}`, 'Basic =', 'Bearer %00']) {
    await expectAnswer(await post(path, new URLSearchParams(parameters).toString(), { authorization }));
  }
});

it('the sign-in form takes anything', async () => {
  const page = await visitor.follow((await authorization(running.client)).url);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom('name', 'password'), hostile, fc.boolean(), async (name, value, beside) => {
      const body = altered(new URLSearchParams({ name: 'ann', password: 'wrong' }), name, value, beside);
      const response = await visitor.ask(page.url, { method: 'POST', body });
      expect([400, 401]).toContain(response.status);
      await expectAnswer(response);
    }),
    RUNS,
  );
});

it('cookies and paths may hold anything', async () => {
  const { url } = await authorization(running.client);
  const names = ['session', 'interaction', 'resume'].map((name) => `${PREFIX}_${name}`);
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...names), hostile, async (name, value) => {
      const cookie = `${name}=${value}; ${name}.sig=${value}`;
      for (const path of [`${url.pathname}${url.search}`, `/interaction/${value}`, `/auth/${value}`, '/session/end']) {
        const response = await fetch(`${url.origin}${path}`, {
          redirect: 'manual',
          headers: { cookie, Accept: 'text/html' },
        });
        await expectAnswer(response);
      }
    }),
    { numRuns: 20 },
  );
});

it('none of it was an error in Postgres, and the service goes on', async () => {
  expect(running.api.logs().postgres).not.toMatch(/ERROR|PANIC/);
  expect(running.api.logs().postgres).not.toContain(PASSWORD);
  await expect(signIn(running.client)).resolves.toBeDefined();
});
