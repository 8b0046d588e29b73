import assert from 'node:assert/strict';
import { beforeAll, describe, expect, it } from 'vitest';
import { checkError } from '../../support/access/access-case.ts';
import { checkToken, tokenCases, trusting, type TokenApi } from '../../support/access/token-cases.ts';
import type { JsonWebKeySet } from '../../../declaration/types.ts';
import { examineToken } from '../../../jwt/index.ts';
import { claimTokens } from './claim-tokens.ts';
import { encodingTokens } from './encoding-tokens.ts';
import { honest, tooLong, type HostileToken } from './hostile-token.ts';
import { rawRequest, type RawAnswer } from './raw-request.ts';
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

const everybodys = [{ body: 'for everybody' }];
const served = {
  'user one': { notes: [{ body: 'of one' }] },
  'user two': { notes: [{ body: 'of two' }] },
  anonymous: { notes: undefined },
};

async function checkHostile({ url }: Trusting, token: string, answer: HostileToken['answer']): Promise<void> {
  const ask = (request: string) => rawRequest(url, [`${request} HTTP/1.1`, `Authorization: Bearer ${token}`]);
  const [notes, notices] = await Promise.all([ask('GET /notes?select=body'), ask('GET /notices?select=body')]);
  if (typeof answer === 'string' && answer !== tooLong) {
    expect(json(notices)).toEqual(everybodys);
    if (served[answer].notes) expect(json(notes)).toEqual(served[answer].notes);
    else expect(notes).toMatchObject({ status: 401, body: expect.stringContaining('"42501"') as string });
    return;
  }
  // Nothing is read, not even as anonymous; nothing is changed; nothing is described.
  const others = await Promise.all([ask('DELETE /notes?id=gt.0'), ask('GET /')]);
  for (const refusal of [notes, notices, ...others]) {
    const place = `${refusal.status} ${refusal.body}`;
    assert.doesNotMatch(refusal.body, /of one|of two|everybody/, place);
    if (answer === tooLong) {
      // The server may have closed the connection before all was written, and the answer is lost then.
      assert.ok([0, 400, 431].includes(refusal.status), place);
      continue;
    }
    assert.equal(refusal.status, answer.status, place);
    checkError(json(refusal), answer, place);
  }
}

const roles = { 'user one': 'vault_user', 'user two': 'vault_user', anonymous: 'vault_anon' };

/** What is said of a token without a server is what the server does; of what can be read in two ways it is more. */
async function checkExamination({ keySet }: Trusting, token: string, answer: HostileToken['answer']): Promise<void> {
  const trusted = JSON.parse(keySet) as JsonWebKeySet;
  const { role, problems } = await examineToken(token, vault, trusted, { version: '12.0.2' });
  const codes = problems.map(({ code }) => code);
  const isServed = typeof answer === 'string' && answer !== tooLong;
  if (isServed && codes.length > 0) expect(codes).toContain('ambiguous');
  else expect({ role, codes }).toMatchObject(isServed ? { role: roles[answer], codes: [] } : { role: undefined });
  if (!isServed) expect(codes).not.toEqual([]);
}

/** The JSON of a body, which comes in chunks. */
function json({ body }: RawAnswer): unknown {
  return JSON.parse(body);
}

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
    it.each(tokenCases(vault))('$name', (tokenCase) => checkToken(api, vault, target, tokenCase));
  });
});

it('after all this the data is as it was', async () => {
  expect(await servers.sql('SELECT user_id, body FROM api.notes ORDER BY id')).toEqual([
    { user_id: 1, body: 'of one' },
    { user_id: 2, body: 'of two' },
  ]);
});
