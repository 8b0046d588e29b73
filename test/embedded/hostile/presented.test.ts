import { describe, expect, it } from 'vitest';
import { since13 } from '../../support/embedded-postgrest.ts';
import { honest } from './hostile-token.ts';
import { rawRequest, type RawAnswer } from './raw-request.ts';
import { headerOf, rawToken } from './raw-token.ts';
import { useServers, vault } from './vault.ts';

const servers = useServers(vault, { ES256: ['ES256'] });

const token = (claims: object = {}) => {
  const { key } = servers.server('ES256');
  return rawToken(key, headerOf(key), { ...honest(), ...claims });
};
const get = (path: string, ...headers: string[]) =>
  rawRequest(servers.server('ES256').url, [`GET ${path} HTTP/1.1`, ...headers]);

const answers = {
  'user one': { status: 200, body: '[{"body":"of one"}]' },
  // As for a request without a token: it may not read the notes, and is told how to ask.
  anonymous: {
    status: 401,
    head: expect.stringMatching(/^WWW-Authenticate: Bearer\r?$/m) as string,
    body: expect.stringContaining('permission denied for table notes') as string,
  },
  refused: {
    status: 401,
    head: expect.stringContaining('WWW-Authenticate: Bearer error="invalid_token"') as string,
    body: expect.stringContaining('"PGRST301"') as string,
  },
} satisfies Record<string, Partial<RawAnswer>>;

describe('a token counts in the header Authorization only, after Bearer, and the first header counts:', () => {
  it.each<[name: string, headers: () => string[], as: keyof typeof answers]>([
    ['Bearer', () => [`Authorization: Bearer ${token()}`], 'user one'],
    // RFC 9110, 11.1: schemes in any case.
    ['bearer', () => [`Authorization: bearer ${token()}`], 'user one'],
    ['BEARER', () => [`Authorization: BEARER ${token()}`], 'user one'],
    ['the name in lower case', () => [`authorization: Bearer ${token()}`], 'user one'],
    ['two spaces', () => [`Authorization: Bearer  ${token()}`], 'user one'],
    ['a tab', () => [`Authorization: Bearer\t${token()}`], 'user one'],
    ['a folded line', () => ['Authorization: Bearer', ` ${token()}`], since13('user one', 'refused')],
    ['no scheme', () => [`Authorization: ${token()}`], 'anonymous'],
    ['Bearer and nothing', () => ['Authorization: Bearer'], since13('anonymous', 'refused')],
    ['Bearer and a space', () => ['Authorization: Bearer '], since13('anonymous', 'refused')],
    ['nothing', () => ['Authorization:'], 'anonymous'],
    ['Basic', () => [`Authorization: Basic ${Buffer.from('postgres:postgres').toString('base64')}`], 'anonymous'],
    ['Basic with a token', () => [`Authorization: Basic ${token()}`], 'anonymous'],
    ['Digest', () => ['Authorization: Digest username="postgres"'], 'anonymous'],
    ['a space before the colon', () => [`Authorization : Bearer ${token()}`], 'anonymous'],
    ...[token.bind(undefined, { user_id: 2 }), () => 'x'].map((second, index): [string, () => string[], 'user one'] => [
      `two headers, the second ${index === 0 ? 'of another' : 'bad'}`,
      () => [`Authorization: Bearer ${token()}`, `Authorization: Bearer ${second()}`],
      'user one',
    ]),
    ['two headers, the first bad', () => ['Authorization: Bearer x', `Authorization: Bearer ${token()}`], 'refused'],
    ['two headers, the first Basic', () => ['Authorization: Basic x', `Authorization: Bearer ${token()}`], 'anonymous'],
    ['a cookie', () => [`Cookie: Authorization=Bearer ${token()}; token=${token()}; jwt=${token()}`], 'anonymous'],
    ['X-Authorization', () => [`X-Authorization: Bearer ${token()}`], 'anonymous'],
    ['Proxy-Authorization', () => [`Proxy-Authorization: Bearer ${token()}`], 'anonymous'],
    ['apikey', () => [`apikey: ${token()}`], 'anonymous'],
    ['roles', () => ['Role: vault_auditor', 'X-Role: vault_auditor', 'X-Hasura-Role: vault_auditor'], 'anonymous'],
    ['claims', () => ['request.jwt.claims: {"role":"vault_auditor"}', 'X-User-Id: 1'], 'anonymous'],
  ])('%s', async (_, headers, as) => {
    expect(await get('/notes?select=body', ...headers())).toMatchObject(answers[as]);
  });
});

describe('a token in the query is a filter that nobody can read:', () => {
  it.each(['access_token', 'token', 'jwt', 'apikey', 'Authorization', 'bearer'])('%s', async (name) => {
    for (const table of ['notes', 'notices']) {
      const answer = await get(`/${table}?select=body&${name}=${token()}`);
      expect(answer).toMatchObject({ status: 400, body: expect.stringContaining('"PGRST100"') as string });
    }
  });
});
