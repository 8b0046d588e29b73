import assert from 'node:assert/strict';
import { SignJWT, importJWK, type JWK, type JWTPayload } from 'jose';
import type { Declaration } from '../../../declaration/types.ts';
import { generateKey } from '../../../tokens/keys/generate-key.ts';
import type { SigningKey } from '../../../tokens/keys/private-key.ts';
import { publicKeySet } from '../../../tokens/keys/public-key-set.ts';
import { unfit, type Refusal, type TokenAnswers } from '../answers.ts';
import { checkError, send, type AccessApi, type Subject } from './access-case.ts';

/** An API whose key is at hand, so that tokens can be made that no honest signer makes. */
export interface TokenApi extends AccessApi {
  /** A key that the API trusts. */
  readonly key: SigningKey;
  /** The key set as PostgREST was given it, to the byte. */
  readonly keySet: string;
}

/** An API that trusts a key, with honest tokens for what a declaration asks. */
export function trusting(declaration: Declaration, api: Pick<TokenApi, 'url' | 'key' | 'keySet'>): TokenApi {
  return { ...api, tokenFor: (role, claims = {}) => sign(api.key, honestClaims(declaration, { role, claims })) };
}

/** One token, and how the API answers to it. */
export interface TokenCase {
  readonly name: string;
  readonly token: (api: TokenApi, honest: JWTPayload) => Promise<string> | string;
  readonly answer: Refusal;
}

/** A request that the honest token may make, and whose token is a valid one but for what a case changes. */
export interface TokenTarget {
  readonly as: Subject;
  /** Such as `/todos`; answers 200 to the honest token. */
  readonly path: string;
}

/**
 * Checks that a token gains nothing: not what its role may do, and no anonymous access either. The honest token, which
 * differs in nothing else, is served.
 */
export async function checkToken(
  api: TokenApi,
  declaration: Declaration,
  target: TokenTarget,
  { name, token, answer: expected }: TokenCase,
): Promise<void> {
  const honest = honestClaims(declaration, target.as);
  const served = await send(api.url, { request: `GET ${target.path}` as 'GET /' }, await sign(api.key, honest));
  assert.equal(served.status, 200, `the honest token beside "${name}": ${served.text}`);
  const answer = await send(api.url, { request: `GET ${target.path}` as 'GET /' }, await token(api, honest));
  const place = `${name}\n${answer.status} ${answer.text}`;
  assert.equal(answer.status, expected.status, place);
  checkError(JSON.parse(answer.text), expected, place);
}

function honestClaims({ tokens: { issuer, audience } }: Declaration, { role, claims }: Subject): JWTPayload {
  const exp = Math.floor(Date.now() / 1000) + 600;
  return { ...claims, role, exp, ...(issuer && { iss: issuer }), ...(audience && { aud: audience }) };
}

/** Signs whatever it is given. */
async function sign(key: SigningKey, claims: JWTPayload, header: object = {}): Promise<string> {
  const { alg, kid } = key;
  return new SignJWT(claims)
    .setProtectedHeader({ alg, ...(kid && { kid }), ...header })
    .sign(await importJWK(key as JWK, alg));
}

const now = () => Math.floor(Date.now() / 1000);

function without(claims: JWTPayload, name: string): JWTPayload {
  return Object.fromEntries(Object.entries(claims).filter(([claim]) => claim !== name));
}

function encode(json: unknown): string {
  return Buffer.from(JSON.stringify(json)).toString('base64url');
}

const notAMember: Refusal = { status: 403, code: '42501', message: /^permission denied to set role "\w+"$/ };
/** It may sign in, but it may not even use the schema of the check that comes before each request. */
const powerless: Refusal = { status: 403, code: '42501', message: /^permission denied for schema \w+_private$/ };

/** Tokens that gain nothing, for any declaration; PostgREST forgives clocks 30 seconds. */
export const tokenCases = (declaration: Declaration, answers: TokenAnswers): readonly TokenCase[] => [
  {
    name: 'expired',
    token: ({ key }, honest) => sign(key, { ...honest, exp: now() - 60 }),
    answer: answers.expired,
  },
  {
    name: 'not yet valid',
    token: ({ key }, honest) => sign(key, { ...honest, nbf: now() + 600 }),
    answer: answers.notYetValid,
  },
  {
    name: 'issued in the future',
    token: ({ key }, honest) => sign(key, { ...honest, iat: now() + 600 }),
    answer: answers.issuedInFuture,
  },
  {
    name: 'forged with another key',
    token: async (_, honest) => sign(await generateKey(), honest),
    answer: answers.wrongSignature,
  },
  {
    name: "forged with another key under the trusted key's name",
    token: async ({ key }, honest) => sign(await generateKey(), honest, { kid: key.kid }),
    answer: answers.wrongSignature,
  },
  {
    name: 'forged with a key that the token itself brings',
    token: async (_, honest) => {
      const own = await generateKey();
      return sign(own, honest, { jwk: publicKeySet([own]).keys[0] });
    },
    answer: answers.wrongSignature,
  },
  {
    name: 'changed after it was signed',
    token: async ({ key }, honest) => {
      const [header, , signature] = (await sign(key, honest)).split('.');
      return [header, encode({ ...honest, changed: true }), signature].join('.');
    },
    answer: answers.wrongSignature,
  },
  {
    name: 'without its signature',
    token: async ({ key }, honest) => (await sign(key, honest)).replace(/[^.]*$/, ''),
    answer: answers.wrongSignature,
  },
  {
    name: 'algorithm "none"',
    token: (_, honest) => `${encode({ alg: 'none', typ: 'JWT' })}.${encode(honest)}.`,
    answer: answers.unsigned,
  },
  {
    name: 'HS256 with the public key set as the secret',
    token: ({ keySet }, honest) =>
      new SignJWT(honest).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(keySet)),
    answer: answers.wrongSignature,
  },
  { name: 'no token at all, only text', token: () => 'open-sesame', answer: answers.wrongParts },
  {
    name: 'no expiry',
    token: ({ key }, honest) => sign(key, without(honest, 'exp')),
    answer: unfit('the claim "exp" is missing'),
  },
  {
    name: 'an expiry that is no number',
    token: ({ key }, honest) => sign(key, { ...honest, exp: 'never' as unknown as number }),
    answer: answers.badClaims,
  },
  {
    name: 'a role that is not declared',
    token: ({ key }, honest) => sign(key, { ...honest, role: `${declaration.name}_root` }),
    answer: answers.noSuchRole,
  },
  {
    name: 'a role that would be SQL',
    token: ({ key }, honest) => sign(key, { ...honest, role: `${String(honest['role'])}"; RESET ROLE; --` }),
    answer: answers.noSuchRole,
  },
  {
    name: 'a list of roles',
    token: ({ key }, honest) => sign(key, { ...honest, role: [honest['role'], 'postgres'] }),
    answer: answers.noSuchRole,
  },
  ...['postgres', 'pg_read_all_data', 'pg_write_all_data', declaration.owner].map((role): TokenCase => ({
    name: `the role ${role}`,
    token: ({ key }, honest) => sign(key, { ...honest, role }),
    answer: notAMember,
  })),
  // Both are the login role: `SET ROLE none` goes back to it.
  ...[declaration.authenticator, 'none'].map((role): TokenCase => ({
    name: `the role ${role}`,
    token: ({ key }, honest) => sign(key, { ...honest, role }),
    answer: powerless,
  })),
  ...issuerCases(declaration),
  ...audienceCases(declaration, answers),
];

function issuerCases({ tokens: { issuer } }: Declaration): readonly TokenCase[] {
  if (issuer === undefined) return [];
  const answer = unfit('the token is from another issuer');
  return [
    {
      name: 'another issuer',
      token: ({ key }, honest) => sign(key, { ...honest, iss: `${issuer}.elsewhere` }),
      answer,
    },
    { name: 'no issuer', token: ({ key }, honest) => sign(key, without(honest, 'iss')), answer },
  ];
}

function audienceCases({ tokens: { audience } }: Declaration, answers: TokenAnswers): readonly TokenCase[] {
  if (audience === undefined) return [];
  return [
    {
      name: 'another audience',
      token: ({ key }, honest) => sign(key, { ...honest, aud: `${audience}-elsewhere` }),
      answer: answers.otherAudience,
    },
    {
      name: 'other audiences',
      token: ({ key }, honest) => sign(key, { ...honest, aud: ['one', 'another'] }),
      answer: answers.otherAudience,
    },
    {
      name: 'no audience',
      token: ({ key }, honest) => sign(key, without(honest, 'aud')),
      answer: unfit('the token is for another audience'),
    },
    {
      name: 'an empty list of audiences',
      token: ({ key }, honest) => sign(key, { ...honest, aud: [] }),
      answer: answers.noAudience,
    },
  ];
}
