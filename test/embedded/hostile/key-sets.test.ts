import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { declare, SecuredPostgrestError } from '../../../declaration/index.ts';
import type { JsonWebKeySet } from '../../../declaration/types.ts';
import { fetchProviderKeys, loadVerificationKeys } from '../../../tokens/index.ts';
import { publicHalf, rs256Key } from '../../support/rfc-vectors.ts';
import { checkExamination, checkHostile } from './check-token.ts';
import { answers, version } from '../../support/embedded-postgrest.ts';
import { honest } from './hostile-token.ts';
import { cubic, good, hostileKeySets, nothing, type HostileKeySet, type Signer } from './key-sets.ts';
import { rawRequest } from './raw-request.ts';
import { encode, hmacToken, rawToken } from './raw-token.ts';
import { useServers, vault } from './vault.ts';

const servers = useServers(vault, {});

let provider: Server;
let jwksUri: string;
/** What the provider answers. */
let answer: string;
beforeAll(async () => {
  provider = createServer((_, response) => response.end(answer));
  await new Promise<void>((resolve) => provider.listen(0, '127.0.0.1', resolve));
  jwksUri = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/jwks`;
});
afterAll(() => new Promise((resolve) => provider.close(resolve)));

function declareWith(jwks: string | JsonWebKeySet): JsonWebKeySet {
  const { keys } = declare({ name: 'vault', schemas: ['api'], roles: { users: ['vault_user'] }, keys: { jwks } });
  return loadVerificationKeys(keys, '');
}

function fetchFrom(text: string): Promise<JsonWebKeySet> {
  answer = text;
  return fetchProviderKeys({ issuer: jwksUri, jwksUri });
}

const parsed = (text: string) => JSON.parse(text) as JsonWebKeySet;

/** What is taken, or the code of a refusal; any other error is one of ours. */
async function outcome(read: () => JsonWebKeySet | Promise<JsonWebKeySet>): Promise<JsonWebKeySet | string> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof SecuredPostgrestError) return error.code;
    throw error;
  }
}

function tokensOf({ text, other }: HostileKeySet): Partial<Record<Signer, string>> {
  return {
    good: rawToken(good, { alg: 'ES256' }, honest()),
    // PostgREST leaves white space around a secret out.
    text: hmacToken(text.trim(), honest()),
    ...(other && { other: rawToken(other, { alg: other.alg }, honest()) }),
  };
}

const isServed = async (url: string, token: string) =>
  (await rawRequest(url, ['GET /notes HTTP/1.1', `Authorization: Bearer ${token}`])).status === 200;

describe.each(hostileKeySets)('$name', (hostile) => {
  const { text, declared, fetched = declared, raw, trusted } = hostile;
  const taken: JsonWebKeySet[] = [];

  it(`declared: ${declared}; fetched: ${fetched}`, async () => {
    const outcomes = {
      declared: await outcome(() => declareWith(text)),
      fetched: await outcome(() => fetchFrom(text)),
    };
    for (const [where, expected] of Object.entries({ declared, fetched })) {
      const is = outcomes[where as keyof typeof outcomes];
      expect(typeof is === 'string' ? is : is.keys.length, where).toBe(expected);
      if (typeof is !== 'string') taken.push({ keys: is.keys });
    }
    // As an object it is the same, but for what is no object at all.
    if (typeof declared === 'number') expect(declareWith(parsed(text))).toEqual(outcomes.declared);
  });

  const verifies = async () => {
    expect(taken).not.toEqual([]);
    for (const keySet of new Set(taken.map((keys) => JSON.stringify(keys)))) {
      const server = await servers.trust(keySet);
      const { good: first, text: byText, other } = tokensOf({ ...hostile, text: keySet });
      const verdicts = [
        [first, 'user one'],
        [byText, answers.wrongSignature],
        [hmacToken(text, honest()), answers.wrongSignature],
        [other, trusted ? 'user one' : answers.wrongSignature],
      ] as const;
      for (const [token, verdict] of verdicts) {
        if (token === undefined) continue;
        await checkHostile(server, token, verdict);
        await checkExamination({ keySet }, token, verdict);
      }
      await server.stop();
    }
  };
  if ([declared, fetched].some((fate) => typeof fate === 'number'))
    it('what is taken verifies as it should, and the text of it is no secret', verifies);

  it(`as it is, PostgREST ${version} trusts ${raw.join(' and ') || 'nobody'}`, async () => {
    const server = await servers.trust(text);
    const trusts = [];
    for (const [signer, token] of Object.entries(tokensOf(hostile))) {
      if (await isServed(server.url, token)) trusts.push(signer);
    }
    expect(trusts.sort()).toEqual([...raw].sort());
    await server.stop();
  });
});

const number = (bytes: Buffer) => BigInt(`0x${bytes.toString('hex')}`);
const bytes = (value: bigint, length: number) => Buffer.from(value.toString(16).padStart(2 * length, '0'), 'hex');
const littleEndian = (buffer: Buffer) => Buffer.from(buffer).reverse();

function cubeRoot(value: bigint): bigint {
  let [low, high] = [0n, 1n << 1024n];
  while (low < high) {
    const middle = (low + high) / 2n;
    if (middle ** 3n < value) low = middle + 1n;
    else high = middle;
  }
  return low;
}

/** What an RS256 signature is made of (RFC 8017, 9.2), with so many bytes of padding. */
function paddedHash(text: string, padding: number): Buffer {
  const hash = createHash('sha256').update(text).digest('hex');
  return Buffer.from(`0001${'ff'.repeat(padding)}003031300d060960864801650304020105000420${hash}`, 'hex');
}

describe('a forged signature', () => {
  const signed = (alg: string) => `${encode({ alg })}.${encode(honest())}`;

  it('of an RSA key with the exponent 3, whose padding is followed by rubbish, passes nowhere', async () => {
    const text = signed('RS256');
    const start = paddedHash(text, 8);
    const root = cubeRoot(number(Buffer.concat([start, Buffer.alloc(256 - start.length)])));
    expect(bytes(root ** 3n, 256).subarray(0, start.length)).toEqual(start);
    const keySet = JSON.stringify({ keys: [publicHalf(cubic)] });
    const token = `${text}.${encode(bytes(root, 256))}`;
    await checkHostile(await servers.trust(keySet), token, answers.wrongSignature);
    await checkExamination({ keySet }, token, answers.wrongSignature);
  });

  it.each([
    ['RSA', { ...publicHalf(rs256Key), e: 'AQ' }, (text: string) => paddedHash(text, 202)],
    ['Ed25519', nothing, () => Buffer.concat([Buffer.from([1]), Buffer.alloc(63)])],
  ])('of an %s key that does nothing would pass: no set with it is taken', async (kind, key, sign) => {
    const text = signed(kind === 'RSA' ? 'RS256' : 'EdDSA');
    const keySet = { keys: [key] };
    await checkHostile(await servers.trust(JSON.stringify(keySet)), `${text}.${encode(sign(text))}`, 'user one');
    expect(await outcome(() => declareWith(keySet))).toBe('weak_key');
    expect(await outcome(() => fetchFrom(JSON.stringify(keySet)))).toBe('empty_key_set');
  });
});

/** Whoever has a token can write its signature so; it is still that of the key. `token verify` is the stricter one. */
describe(`a good signature in another spelling is served by PostgREST ${version}, and refused by others:`, () => {
  const rs = { ...rs256Key, alg: 'RS256', use: 'sig' } as const;
  const ed = { ...hostileKeySets.find(({ name }) => name === 'mixed algorithms')!.other! };
  const signatureOf = (token: string) => Buffer.from(token.split('.')[2]!, 'base64url');
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;

  it.each([
    ['RSA, with a byte before it', rs, (signature: Buffer) => Buffer.concat([Buffer.alloc(1), signature])],
    [
      'ECDSA, with a byte before each half',
      good,
      (signature: Buffer) =>
        Buffer.concat([Buffer.alloc(1), signature.subarray(0, 32), Buffer.alloc(1), signature.subarray(32)]),
    ],
    [
      'Ed25519, with the order added to its second half',
      ed,
      (signature: Buffer) => {
        const sum = number(littleEndian(signature.subarray(32))) + order;
        return Buffer.concat([signature.subarray(0, 32), littleEndian(bytes(sum, 32))]);
      },
    ],
  ])('%s', async (_, key, respell) => {
    const token = rawToken(key, { alg: key.alg }, honest());
    const respelled = [...token.split('.').slice(0, 2), encode(respell(signatureOf(token)))].join('.');
    const keySet = JSON.stringify({ keys: [publicHalf(key)] });
    await checkHostile(await servers.trust(keySet), respelled, 'user one');
    await checkExamination({ keySet }, respelled, answers.wrongSignature);
  });
});
