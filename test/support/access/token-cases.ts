import assert from 'node:assert/strict';
import { SignJWT, importJWK, type JWK, type JWTPayload } from 'jose';
import type { Declaration } from '../../../declaration/types.ts';
import { generateKey } from '../../../jwt/generate-key.ts';
import type { SigningKey } from '../../../jwt/private-key.ts';
import { publicKeySet } from '../../../jwt/public-key-set.ts';
import { checkError, send, type AccessApi, type ErrorAnswer, type Subject } from './access-case.ts';

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
  readonly status: number | readonly number[];
  readonly error: ErrorAnswer;
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
  { name, token, status, error }: TokenCase,
): Promise<void> {
  const honest = honestClaims(declaration, target.as);
  const served = await send(api.url, { request: `GET ${target.path}` as 'GET /' }, await sign(api.key, honest));
  assert.equal(served.status, 200, `the honest token beside "${name}": ${served.text}`);
  const answer = await send(api.url, { request: `GET ${target.path}` as 'GET /' }, await token(api, honest));
  const place = `${name}\n${answer.status} ${answer.text}`;
  assert.ok([status].flat().includes(answer.status), `${place}\nexpected the status ${String(status)}`);
  checkError(JSON.parse(answer.text), error, place);
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

const expired: ErrorAnswer = { code: ['PGRST301', 'PGRST303'], message: 'JWT expired' };
const wrongSignature: ErrorAnswer = { code: 'PGRST301', message: 'JWSError JWSInvalidSignature' };
const unsigned: ErrorAnswer = { code: 'PGRST301', message: 'JWSError JWSNoSignatures' };
const malformed: ErrorAnswer = { code: 'PGRST301', message: /^JWSError \(CompactDecodeError / };
const unfit = (details: string): ErrorAnswer => ({ code: 'PT401', message: 'the token is not valid here', details });
const noSuchRole: ErrorAnswer = { code: '22023', message: /^role ".*" does not exist$/ };
const notAMember: ErrorAnswer = { code: '42501', message: /^permission denied to set role "\w+"$/ };
/** It may sign in, but it may not even use the schema of the check that comes before each request. */
const powerless: ErrorAnswer = { code: '42501', message: /^permission denied for schema \w+_private$/ };

/** Tokens that gain nothing, for any declaration; PostgREST forgives clocks 30 seconds. */
export const tokenCases = (declaration: Declaration): readonly TokenCase[] => [
  {
    name: 'expired',
    token: ({ key }, honest) => sign(key, { ...honest, exp: now() - 60 }),
    status: 401,
    error: expired,
  },
  {
    name: 'not yet valid',
    token: ({ key }, honest) => sign(key, { ...honest, nbf: now() + 600 }),
    status: 401,
    error: { code: ['PGRST301', 'PGRST303'], message: /^JWT ?not ?yet ?valid$/i },
  },
  {
    name: 'issued in the future',
    token: ({ key }, honest) => sign(key, { ...honest, iat: now() + 600 }),
    status: 401,
    error: { code: ['PGRST301', 'PGRST303'], message: /^JWT ?issued ?at ?future$/i },
  },
  {
    name: 'forged with another key',
    token: async (_, honest) => sign(await generateKey(), honest),
    status: 401,
    error: wrongSignature,
  },
  {
    name: "forged with another key under the trusted key's name",
    token: async ({ key }, honest) => sign(await generateKey(), honest, { kid: key.kid }),
    status: 401,
    error: wrongSignature,
  },
  {
    name: 'forged with a key that the token itself brings',
    token: async (_, honest) => {
      const own = await generateKey();
      return sign(own, honest, { jwk: publicKeySet([own]).keys[0] });
    },
    status: 401,
    error: wrongSignature,
  },
  {
    name: 'changed after it was signed',
    token: async ({ key }, honest) => {
      const [header, , signature] = (await sign(key, honest)).split('.');
      return [header, encode({ ...honest, changed: true }), signature].join('.');
    },
    status: 401,
    error: wrongSignature,
  },
  {
    name: 'without its signature',
    token: async ({ key }, honest) => (await sign(key, honest)).replace(/[^.]*$/, ''),
    status: 401,
    error: wrongSignature,
  },
  {
    name: 'algorithm "none"',
    token: (_, honest) => `${encode({ alg: 'none', typ: 'JWT' })}.${encode(honest)}.`,
    status: 401,
    error: unsigned,
  },
  {
    name: 'HS256 with the public key set as the secret',
    token: ({ keySet }, honest) =>
      new SignJWT(honest).setProtectedHeader({ alg: 'HS256' }).sign(new TextEncoder().encode(keySet)),
    status: 401,
    error: wrongSignature,
  },
  { name: 'no token at all, only text', token: () => 'open-sesame', status: 401, error: malformed },
  {
    name: 'no expiry',
    token: ({ key }, honest) => sign(key, without(honest, 'exp')),
    status: 401,
    error: unfit('the claim "exp" is missing'),
  },
  {
    name: 'an expiry that is no number',
    token: ({ key }, honest) => sign(key, { ...honest, exp: 'never' as unknown as number }),
    status: 401,
    error: { code: 'PGRST301', message: /^JWTClaimsSetDecodeError / },
  },
  {
    name: 'a role that is not declared',
    token: ({ key }, honest) => sign(key, { ...honest, role: `${declaration.name}_root` }),
    status: [400, 401],
    error: noSuchRole,
  },
  {
    name: 'a role that would be SQL',
    token: ({ key }, honest) => sign(key, { ...honest, role: `${String(honest['role'])}"; RESET ROLE; --` }),
    status: [400, 401],
    error: noSuchRole,
  },
  {
    name: 'a list of roles',
    token: ({ key }, honest) => sign(key, { ...honest, role: [honest['role'], 'postgres'] }),
    status: [400, 401],
    error: noSuchRole,
  },
  ...['postgres', 'pg_read_all_data', 'pg_write_all_data', declaration.owner].map((role): TokenCase => ({
    name: `the role ${role}`,
    token: ({ key }, honest) => sign(key, { ...honest, role }),
    status: [401, 403],
    error: notAMember,
  })),
  // Both are the login role: `SET ROLE none` goes back to it.
  ...[declaration.authenticator, 'none'].map((role): TokenCase => ({
    name: `the role ${role}`,
    token: ({ key }, honest) => sign(key, { ...honest, role }),
    status: [401, 403],
    error: powerless,
  })),
  ...issuerCases(declaration),
  ...audienceCases(declaration),
];

function issuerCases({ tokens: { issuer } }: Declaration): readonly TokenCase[] {
  if (issuer === undefined) return [];
  const error = unfit('the token is from another issuer');
  return [
    {
      name: 'another issuer',
      token: ({ key }, honest) => sign(key, { ...honest, iss: `${issuer}.elsewhere` }),
      status: 401,
      error,
    },
    { name: 'no issuer', token: ({ key }, honest) => sign(key, without(honest, 'iss')), status: 401, error },
  ];
}

function audienceCases({ tokens: { audience } }: Declaration): readonly TokenCase[] {
  if (audience === undefined) return [];
  const elsewhere: ErrorAnswer = { code: ['PGRST301', 'PGRST303'], message: /^JWT ?not ?in ?audience$/i };
  return [
    {
      name: 'another audience',
      token: ({ key }, honest) => sign(key, { ...honest, aud: `${audience}-elsewhere` }),
      status: 401,
      error: elsewhere,
    },
    {
      name: 'other audiences',
      token: ({ key }, honest) => sign(key, { ...honest, aud: ['one', 'another'] }),
      status: 401,
      error: elsewhere,
    },
    {
      name: 'no audience',
      token: ({ key }, honest) => sign(key, without(honest, 'aud')),
      status: 401,
      error: unfit('the token is for another audience'),
    },
    {
      name: 'an empty list of audiences',
      token: ({ key }, honest) => sign(key, { ...honest, aud: [] }),
      status: 401,
      error: elsewhere,
    },
  ];
}
