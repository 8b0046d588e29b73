import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { tableUnder } from '../../support/docs/markdown.ts';
import { skipNginx, startNginx, type Nginx } from '../../support/nginx.ts';
import { notes } from '../../support/notes.ts';
import { rawRequest, statuses } from '../../support/raw-request.ts';

const PAGE = 'docs/gateway-attacks.md';
const TOKEN = '<token>';

/** Lines of a request for the rows of a user, and the answer. */
const TOKENS: readonly (readonly [name: string, lines: readonly string[], answer: string])[] = [
  ['a token', [`Authorization: Bearer ${TOKEN}`], '200'],
  ['`authorization: bearer` and a tab', [`authorization: bearer\t${TOKEN}`], '200'],
  ['a token, then another one', [`Authorization: Bearer ${TOKEN}`, 'Authorization: Bearer x'], '400'],
  ['another one, then a token', ['Authorization: Bearer x', `Authorization: Bearer ${TOKEN}`], '400'],
  ['the same token twice', [`Authorization: Bearer ${TOKEN}`, `Authorization: Bearer ${TOKEN}`], '400'],
  ['`authorization` and `Authorization`', ['authorization: Bearer x', `Authorization: Bearer ${TOKEN}`], '400'],
  ['an empty one, then a token', ['Authorization:', `Authorization: Bearer ${TOKEN}`], '400'],
  ['two tokens with a comma', [`Authorization: Bearer x, Bearer ${TOKEN}`], '400'],
  ['`Authorization : Bearer`', [`Authorization : Bearer ${TOKEN}`], '400'],
  ['a token on a folded line', ['Authorization: Bearer', ` ${TOKEN}`], '400'],
  ['`Authorization` on a folded line', ['X: a', ` Authorization: Bearer ${TOKEN}`], '400'],
  ['a token with NUL', [`Authorization: Bearer ${TOKEN}\0`], '400'],
  ['a token behind blanks and a tab', [`Authorization:  \t Bearer ${TOKEN}`], '200'],
  ['`Proxy-Authorization`', [`Proxy-Authorization: Bearer ${TOKEN}`], '401'],
  ['`Authorization_`', [`Authorization_: Bearer ${TOKEN}`], '401'],
  ['`X-Opened-Authorization`', [`X-Opened-Authorization: Bearer ${TOKEN}`], '401'],
];

/** Headers that clients send, and what SQL sees of them in `request.headers`. */
const HEADERS: readonly (readonly [names: readonly string[], value: string, seen: string | undefined])[] = [
  [['X-Forwarded-For', 'X-Real-IP'], '6.6.6.6', '127.0.0.1'],
  [['X-Forwarded-Host'], 'evil.test', 'x'],
  [['X-Forwarded-Proto'], 'https', 'http'],
  [['Forwarded', 'X-Forwarded-Port', 'X-Forwarded-Prefix', 'X-Forwarded-Server'], '6.6.6.6', undefined],
  [['X-Forwarded-Scheme', 'X-Forwarded-Ssl', 'X-Client-IP', 'X-Cluster-Client-IP'], '6.6.6.6', undefined],
  [['True-Client-IP', 'X-Original-URL', 'X-Rewrite-URL'], '/evil', undefined],
  [['X-HTTP-Method', 'X-HTTP-Method-Override', 'X-Method-Override'], 'DELETE', undefined],
  [['Proxy', 'Proxy-Authorization', 'Proxy-Connection'], 'a', undefined],
  [['Upgrade', 'HTTP2-Settings', 'TE', 'Keep-Alive'], 'a', undefined],
  [['X_Forwarded_For', 'X_Real_IP', 'Accept_Profile'], '6.6.6.6', undefined],
  [['X-Forwarded-For\t', 'X-Real-IP\x80'], '6.6.6.6', undefined],
  [['Accept-Profile'], 'api', 'api'],
  [['Accept', 'Prefer', 'Range-Unit', 'User-Agent', 'X-Own'], '*/*', '*/*'],
];

/** Paths, and the answers through the gateway and without it; `SIGN_IN` is the issuer's. */
const SIGN_IN = '/sign-in';
const PATHS: readonly (readonly [path: string, through: string, direct: string])[] = [
  ['/notes', '200', '200'],
  ['/%6eotes', '200', '200'],
  ['/notes%00', '400', '200'],
  ['/notes%00x', '400', '200'],
  ['/notes%', '400', '404'],
  ['/notes%zz', '400', '404'],
  ['/../notes', '400', '404'],
  ['/%2e%2e/notes', '400', '404'],
  ['//notes', '404', '404'],
  ['/notes/', '404', '404'],
  ['/./notes', '404', '404'],
  ['/x/../notes', '404', '404'],
  ['/x/%2e%2e/notes', '404', '404'],
  ['/x/..%2fnotes', '404', '404'],
  ['/notes%2f', '404', '404'],
  ['/notes;x', '404', '404'],
  ['/%5cnotes', '404', '404'],
  ['/%c0%ae%c0%ae/notes', '404', '404'],
  ['/.gateway/open', '404', '404'],
  ['/%2egateway/400', '404', '404'],
  [`${SIGN_IN}/../notes`, '404', '404'],
  [`${SIGN_IN}/%2e%2e/notes`, '404', '404'],
  [`/${SIGN_IN}/auth`, '404', '404'],
];

let api: EphemeralPostgrest;
let gateway: Nginx;
let token: string;

const ROLES = ['tricked_user', 'tricked_anon'];
const declaration = notes('tricked', {
  functions: [{ name: 'seen', execute: ROLES }],
  server: { settings: {} },
});
const functions = {
  file: 'migrations/002_functions.sql',
  sql: `CREATE FUNCTION api.seen() RETURNS json STABLE LANGUAGE sql AS $$ SELECT current_setting('request.headers')::json $$;`,
};

describe.skipIf(skipNginx)('tricks with headers and paths', () => {
  beforeAll(async () => {
    api = await startEphemeralPostgrest({ ...declaration, migrations: [...declaration.migrations, functions] });
    // Nobody answers there: a request for the token service would get 502.
    const tokenService = { host: '127.0.0.1', port: 1, issuer: `https://id.test${SIGN_IN}` };
    gateway = await startNginx(api.url, { places: { tokenService } });
    token = await api.tokenFor('tricked_user', { user_id: 1 });
  });

  afterAll(async () => {
    await gateway?.stop();
    await api?.stop();
  });

  const ask = (port: number, path: string, lines: readonly string[]) => {
    const text = [`GET ${path} HTTP/1.1`, 'Host: x', 'Connection: close', ...lines, '', ''].join('\r\n');
    return rawRequest(port, text.replaceAll(TOKEN, token));
  };
  const status = (answer: string) => statuses(answer).join(' ');

  describe('tokens', () => {
    it(`are in ${PAGE}`, () => {
      expect(tableUnder(PAGE, 'Tokens')).toEqual(TOKENS.map(([name, , answer]) => [name, answer]));
    });

    it.each(TOKENS)('%s', async (_, lines, expected) => {
      const answer = await ask(gateway.port, '/notes', lines);
      expect(status(answer)).toBe(expected);
      expect(answer.includes('mine')).toBe(expected === '200');
    });
  });

  describe('headers', () => {
    it(`are in ${PAGE}`, () => {
      const written = (name: string) => `\`${JSON.stringify(name).slice(1, -1)}\``;
      expect(tableUnder(PAGE, 'Headers')).toEqual(
        HEADERS.map(([names, value, seen]) => [
          names.map(written).join(', '),
          seen === undefined ? 'nothing' : seen === value ? 'as sent' : `\`${seen}\``,
        ]),
      );
    });

    it.each(HEADERS.flatMap(([names, value, seen]) => names.map((name) => [name, value, seen] as const)))(
      '%j: %s is seen as %s',
      async (name, value, seen) => {
        const answer = await ask(gateway.port, '/rpc/seen', [`${name}: ${value}`]);
        if (seen === undefined) expect(answer).not.toContain(`"${value}"`);
        else expect(JSON.parse(/\{.*\}/.exec(answer)![0])).toMatchObject({ [name.toLowerCase()]: seen });
      },
    );
  });

  describe('paths', () => {
    it(`are in ${PAGE}`, () => {
      expect(tableUnder(PAGE, 'Paths')).toEqual(PATHS.map(([path, ...answers]) => [`\`${path}\``, ...answers]));
    });

    it.each(PATHS)('%s: %s through the gateway, %s without it', async (path, through, direct) => {
      const lines = [`Authorization: Bearer ${TOKEN}`];
      expect(status(await ask(gateway.port, path, lines))).toBe(through);
      expect(status(await ask(Number(new URL(api.url).port), path, lines))).toBe(direct);
    });
  });
});
