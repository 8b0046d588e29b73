import { beforeAll, describe, expect, it } from 'vitest';
import { checkToken, tokenCases, trusting, type TokenApi } from '../../support/access/token-cases.ts';
import { answers } from '../../support/embedded-postgrest.ts';
import { checkExamination, checkHostile } from './check-token.ts';
import { claimTokens } from './claim-tokens.ts';
import { encodingTokens } from './encoding-tokens.ts';
import { honest } from './hostile-token.ts';
import { headerOf, rawToken } from './raw-token.ts';
import { signatureTokens } from './signature-tokens.ts';
import { useServers, vault, type Trusting } from './vault.ts';

const keySets = {
  HS256: ['HS256'],
  RS256: ['RS256'],
  ES256: ['ES256'],
  EdDSA: ['EdDSA'],
  'all four': ['ES256', 'RS256', 'EdDSA', 'HS256'],
} as const;
const servers = useServers(vault, keySets);

describe.each(Object.keys(keySets) as (keyof typeof keySets)[])('with keys for %s', (name) => {
  let server: Trusting;
  let api: TokenApi;
  beforeAll(() => {
    server = servers.server(name);
    api = trusting(vault, server);
  });

  it('every key of the set signs tokens that are served', async () => {
    for (const key of server.keys) await checkHostile(server, rawToken(key, headerOf(key), honest()), 'user one');
  });

  it.each([...signatureTokens, ...encodingTokens, ...claimTokens])('$name', async ({ token, answer }) => {
    const hostile = await token(server);
    if (hostile === undefined) return;
    await checkHostile(server, hostile, answer);
    await checkExamination(server, hostile, answer);
  });

  describe('as for any declaration:', () => {
    const target = { as: { role: 'vault_user', claims: { user_id: 1 } }, path: '/notes' };
    it.each(tokenCases(vault, answers))('$name', (tokenCase) => checkToken(api, vault, target, tokenCase));
  });
});

it('after all this the data is as it was', async () => {
  expect(await servers.sql('SELECT user_id, body FROM api.notes ORDER BY id')).toEqual([
    { user_id: 1, body: 'of one' },
    { user_id: 2, body: 'of two' },
  ]);
});
