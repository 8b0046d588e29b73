import { beforeAll, describe, expect, it } from 'vitest';
import { checkPublicKeys } from '../../../declaration/keys/key-set.ts';
import { examineToken, type TokenProblem } from '../../../tokens/index.ts';
import type { SigningKey } from '../../../tokens/keys/private-key.ts';
import {
  ed25519Key,
  es256Key,
  es512Key,
  hs256Key,
  privateKeys,
  publicHalf,
  rs256Key,
  thumbprints,
  tokens,
} from '../../support/rfc-vectors.ts';
import { checkExamination, checkHostile } from './check-token.ts';
import { type Refusal } from '../../support/answers.ts';
import { answers, since13, version } from '../../support/embedded-postgrest.ts';
import { honest } from './hostile-token.ts';
import { rawToken } from './raw-token.ts';
import { useServers, vault } from './vault.ts';

/** All that the RFCs sign with, as a server gets it: the key of RFC 7517, A.1, that is for encryption is left out. */
const { keys: publicKeys, leftOut } = checkPublicKeys(
  { keys: [rs256Key, es256Key, es512Key, ed25519Key, ...privateKeys].map(publicHalf) },
  'keys',
);
/** From 13 on, a token that names a key is verified with that key only. */
const named = publicKeys.map((key) => {
  const thumbprint = thumbprints.find(([, { x, n }]) => (n ?? x) === (key['n'] ?? key['x']))?.[2];
  return thumbprint === undefined ? key : { ...key, kid: thumbprint };
});
const keySet = { keys: [...named, { ...hs256Key, alg: 'HS256', use: 'sig' }] };

const servers = useServers(vault, {});
let server: { url: string; keySet: string };
beforeAll(async () => {
  const text = JSON.stringify(keySet);
  server = { url: (await servers.trust(text)).url, keySet: text };
});

type Code = TokenProblem['code'];
/** What is wrong with the claims of nearly all of them, besides that they ended in 2011. */
const joes: readonly Code[] = ['wrong_issuer', 'wrong_audience'];

const examples: Record<keyof typeof tokens, [answer: Refusal, codes: readonly Code[]]> = {
  'RFC 7515, A.1, and RFC 7519, 3.1: HS256': [answers.expired, ['expired', ...joes]],
  'RFC 7515, A.2: RS256': [answers.expired, ['expired', ...joes]],
  'RFC 7515, A.3: ES256': [answers.expired, ['expired', ...joes]],
  'RFC 7515, A.4: ES512, of a text': [answers.badClaims, ['malformed']],
  'RFC 7515, A.5, and RFC 7519, 6.1: unsecured': [answers.unsigned, ['unsigned', 'expired', ...joes]],
  'RFC 7515, A.6: general JSON serialization': [answers.wrongParts, ['malformed']],
  'RFC 7515, A.7: flattened JSON serialization': [answers.wrongParts, ['malformed']],
  'RFC 7515, E: crit that nobody knows': [
    since13(answers.badHeader, answers.unsigned),
    ['unsigned', 'unsupported_header', 'malformed'],
  ],
  'RFC 7515, F: A.3 with its content detached': [
    since13(answers.badClaims, answers.wrongSignature),
    ['wrong_signature', 'malformed'],
  ],
  'RFC 7519, A.1: encrypted': [answers.wrongParts, ['encrypted']],
  'RFC 7797, 4.1: HS256 of "$.02", encoded': [answers.badClaims, ['malformed']],
  'RFC 7797, 4.2: b64 false, its content detached': [
    since13(answers.badHeader, answers.wrongSignature),
    ['unsupported_header', 'malformed'],
  ],
  'RFC 8037, A.4: EdDSA, of a text': [answers.badClaims, ['malformed']],
};

describe('an example is refused for what it is, and not for its signature where that is good:', () => {
  it.each(Object.entries(examples))('%s', async (name, [answer, codes]) => {
    const token = tokens[name as keyof typeof tokens];
    await checkHostile(server, token, answer);
    const { problems } = await examineToken(token, vault, keySet, { version });
    expect(problems.map(({ code }) => code)).toEqual(codes);
  });

  it('another letter in it is another signature', async () => {
    for (const name of ['RFC 7515, A.2: RS256', 'RFC 7515, A.3: ES256'] as const) {
      const token = tokens[name].replace('.eyJpc3', '.eyJpc2');
      await checkHostile(server, token, answers.wrongSignature);
      await checkExamination(server, token, answers.wrongSignature);
    }
  });
});

describe('an honest token is served that is signed with the key of', () => {
  it.each<[string, object, string]>([
    ['RFC 7515, A.1, and RFC 7517, A.3', hs256Key, 'HS256'],
    ['RFC 7515, A.2', rs256Key, 'RS256'],
    ['RFC 7515, A.3', es256Key, 'ES256'],
    ['RFC 7515, A.4', es512Key, 'ES512'],
    ['RFC 7517, A.2, the second, and RFC 7638, 3.1', privateKeys[1], 'RS256'],
    ['RFC 8037, A.1', ed25519Key, 'EdDSA'],
  ])('%s', async (_, key, alg) => {
    const token = rawToken({ ...key, alg } as SigningKey, { alg, typ: 'JWT' }, honest());
    await checkHostile(server, token, 'user one');
    await checkExamination(server, token, 'user one');
  });

  it.each(thumbprints)('%s, named by its thumbprint', async (_, key, kid) => {
    const alg = key.kty === 'RSA' ? 'RS256' : 'EdDSA';
    const signer = { ...(key.kty === 'RSA' ? privateKeys[1] : ed25519Key), alg } as unknown as SigningKey;
    const token = rawToken(signer, { alg, kid }, honest());
    await checkHostile(server, token, 'user one');
    await checkExamination(server, token, 'user one');
  });
});

it('the key of RFC 7517, A.2, that is for encryption signs nothing', async () => {
  expect(leftOut).toEqual([expect.stringContaining('use "enc" is not for signatures')]);
  const token = rawToken({ ...privateKeys[0], alg: 'ES256' } as unknown as SigningKey, { alg: 'ES256' }, honest());
  await checkHostile(server, token, answers.wrongSignature);
  await checkExamination(server, token, answers.wrongSignature);
});
