import assert from 'node:assert/strict';
import { expect } from 'vitest';
import type { JsonWebKeySet } from '../../../declaration/types.ts';
import { examineToken } from '../../../tokens/index.ts';
import { checkError } from '../../support/access/access-case.ts';
import { since13, version } from '../../support/embedded-postgrest.ts';
import { tooLong, type HostileToken } from './hostile-token.ts';
import { rawRequest, type RawAnswer } from './raw-request.ts';
import { vault, type Trusting } from './vault.ts';

const everybodys = [{ body: 'for everybody' }];
const served = {
  'user one': { notes: [{ body: 'of one' }] },
  'user two': { notes: [{ body: 'of two' }] },
  anonymous: { notes: undefined },
};

/** A server's answers to four requests with a token. */
export async function checkHostile(
  { url }: Pick<Trusting, 'url'>,
  token: string,
  answer: HostileToken['answer'],
): Promise<void> {
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

/** Codes of tokens that two readers understand differently; PostgREST 13 and later is one of those that read less strictly. */
const STRICTER: readonly string[] = ['ambiguous', ...since13([], ['unsupported_header', 'malformed'])];

/** What is said of a token without a server is what the server does; of what can be read in two ways it is more. */
export async function checkExamination(
  { keySet }: Pick<Trusting, 'keySet'>,
  token: string,
  answer: HostileToken['answer'],
): Promise<void> {
  const trusted = JSON.parse(keySet) as JsonWebKeySet;
  const { role, problems } = await examineToken(token, vault, trusted, { version });
  const codes = problems.map(({ code }) => code);
  const isServed = typeof answer === 'string' && answer !== tooLong;
  if (isServed && codes.length > 0) expect(STRICTER).toContain(codes[0]);
  else expect({ role, codes }).toMatchObject(isServed ? { role: roles[answer], codes: [] } : { role: undefined });
  if (!isServed) expect(codes).not.toEqual([]);
}

/** The JSON of a body, which comes in chunks. */
function json({ body }: RawAnswer): unknown {
  return JSON.parse(body);
}
