import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { compactDecrypt, importJWK, type JWK } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  encryptToken,
  generateDecryptionKey,
  generateKey,
  openToken,
  signToken,
  type DecryptionKey,
} from '../../../tokens/index.ts';
import { base64url, concatKdf, encryptByHand } from '../../support/encrypt-by-hand.ts';

const p256 = generateDecryptionKey();
const x25519 = generateDecryptionKey('ECDH-ES+A256KW', 'X25519');
const rsa = generateDecryptionKey('RSA-OAEP-256');
const keys = [p256, x25519, rsa];
const kinds: [string, DecryptionKey][] = [
  ['P-256', p256],
  ['X25519', x25519],
  ['RSA', rsa],
];
let signed: string;

beforeAll(async () => {
  signed = await signToken(await generateKey(), { role: 'todo_user', issuer: 'me', audience: ['a', 'b'] });
});

const codeOf = async (token: string, among = keys) => (await openToken(token, among)).problem?.code;
const problemOf = async (token: string, among = keys) => (await openToken(token, among)).problem?.problem;
const headerOf = (token: string) =>
  JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString()) as Record<string, unknown>;

/** A token with one part replaced. */
function withPart(token: string, index: number, change: (part: Buffer) => Uint8Array | string): string {
  const parts = token.split('.');
  const changed = change(Buffer.from(parts[index]!, 'base64url'));
  parts[index] = typeof changed === 'string' ? changed : base64url(changed);
  return parts.join('.');
}

const withHeader = (token: string, members: object) =>
  withPart(token, 0, () => Buffer.from(JSON.stringify({ ...headerOf(token), ...members })));
const flip = (part: Buffer) => part.map((byte, index) => (index === 0 ? byte ^ 1 : byte));

describe('a nested token', () => {
  it.each(kinds)('that encryptToken makes for a key of kind %s is opened, and names its key', async (_, key) => {
    const token = await encryptToken(signed, key);
    const { token: inner, header, problem } = await openToken(token, keys);
    expect({ inner, problem }).toEqual({ inner: signed, problem: undefined });
    expect(header).toMatchObject({ alg: key.alg, enc: 'A256GCM', cty: 'JWT', kid: key.kid });
  });

  it.each(kinds)('for a key of kind %s is what another implementation of the RFCs makes and reads', async (_, key) => {
    expect(await openToken(encryptByHand(signed, key), keys)).toMatchObject({ token: signed });
    const { plaintext } = await compactDecrypt(await encryptToken(signed, key), await importJWK(key as JWK));
    expect(Buffer.from(plaintext).toString()).toBe(signed);
  });

  it('is encrypted with the public half of a key alone', async () => {
    const { kty, crv, x, y, kid } = p256 as DecryptionKey & JWK;
    const half = { kty: kty, crv, x, y, kid: kid, alg: p256.alg, use: 'enc' as const };
    expect(await openToken(await encryptToken(signed, half), keys)).toMatchObject({ token: signed });
  });

  it('derives keys as RFC 7518, C does', () => {
    const secret = '9e56d91d817135d372834283bf84269cfb316ea3da806a48f6daa7798cfe90c4';
    const derived = concatKdf(Buffer.from(secret, 'hex'), 'A128GCM', 128, 'Alice', 'Bob');
    expect(base64url(derived)).toBe('VqqN6vgjbSBcIijNcacQGg');
  });

  it('needs no kid, and takes cty as media types are compared', async () => {
    for (const key of keys)
      expect(await codeOf(encryptByHand(signed, key, { header: { kid: undefined } }))).toBe(undefined);
    for (const cty of ['jwt', 'at+jwt', 'AT+JWT', 'application/at+jwt']) {
      expect(await openToken(encryptByHand(signed, p256, { header: { cty } }), keys)).toMatchObject({ token: signed });
    }
  });

  it('is found by another key of the same kind where it names none', async () => {
    const token = encryptByHand(signed, p256, { header: { kid: undefined } });
    expect(await openToken(token, [generateDecryptionKey(), p256])).toMatchObject({ token: signed });
    expect(await codeOf(token, [generateDecryptionKey()])).toBe('undecryptable');
  });

  it('may repeat its issuer and audience in the header (RFC 7519, 5.3), and nobody else’s', async () => {
    expect(await codeOf(encryptByHand(signed, p256, { header: { iss: 'me', aud: ['a', 'b'] } }))).toBe(undefined);
    expect(await codeOf(encryptByHand(signed, p256, { header: { iss: 'you' } }))).toBe('ambiguous');
    expect(await codeOf(encryptByHand(signed, p256, { header: { aud: 'a' } }))).toBe('ambiguous');
  });
});

// The examples of RFC 7516, 7519, 7520 and 8037 all use an algorithm that is not taken here.
describe('the examples of the RFCs', () => {
  it.each([
    ['RFC 7516, A.1', { alg: 'RSA-OAEP', enc: 'A256GCM' }],
    ['RFC 7516, A.2 and RFC 7519, A.2', { alg: 'RSA1_5', enc: 'A128CBC-HS256', cty: 'JWT' }],
    ['RFC 7516, A.3', { alg: 'A128KW', enc: 'A128CBC-HS256' }],
    ['RFC 7520, 5.1', { alg: 'RSA1_5', kid: 'frodo.baggins@hobbiton.example', enc: 'A128CBC-HS256' }],
    ['RFC 7520, 5.4', { alg: 'ECDH-ES+A128KW', kid: 'peregrin.took@tuckborough.example', enc: 'A128GCM' }],
    ['RFC 7520, 5.5', { alg: 'ECDH-ES', kid: 'meriadoc.brandybuck@buckland.example', enc: 'A128CBC-HS256' }],
    ['RFC 7520, 5.6', { alg: 'dir', kid: '77c7e2b8-6e13-45cf-8672-617b5b45243a', enc: 'A128GCM' }],
    ['RFC 7520, 5.7', { alg: 'A256GCMKW', kid: '18ec08e1-bfa9-4d95-b205-2b4dd1d4321d', enc: 'A128CBC-HS256' }],
    ['RFC 7520, 5.8', { alg: 'A128KW', kid: '81b20965-8332-43d9-a468-82160ad91ac8', enc: 'A128GCM' }],
    ['RFC 8037, A.6', { alg: 'ECDH-ES+A128KW', enc: 'A128GCM', epk: { kty: 'OKP', crv: 'X25519' } }],
  ])('%s is refused by the name of its algorithm', async (_, header) => {
    const token = encryptByHand(signed, p256, { header });
    expect(await problemOf(token)).toBe(`alg "${header.alg}" is none of ECDH-ES+A256KW, RSA-OAEP-256`);
  });

  it.each([
    ['RFC 7520, 5.3: a password', { alg: 'PBES2-HS512+A256KW', p2s: '8Q1SzinasR3xchYz6ZZcHA', p2c: 8192 }, 'p2c'],
    ['RFC 7520, 5.9: compressed', { alg: 'A128KW', enc: 'A128GCM', zip: 'DEF' }, 'zip'],
    ['RFC 7515, E: extensions', { crit: ['http://example.invalid/UNDEFINED'] }, 'crit'],
  ])('%s, is refused', async (_, header, member) => {
    expect(await problemOf(encryptByHand(signed, p256, { header }))).toContain(`(${member})`);
  });
});

describe('a hostile token', () => {
  it.each(kinds)('for a key of kind %s is refused with one answer, whichever bit was changed', async (_, key) => {
    const token = encryptByHand(signed, key);
    for (const index of [1, 2, 3, 4]) expect(await codeOf(withPart(token, index, flip))).toBe('undecryptable');
    expect(await codeOf(withHeader(token, { typ: 'JWT' }))).toBe('undecryptable');
    expect(await codeOf(withPart(token, 1, (part) => randomBytes(part.length)))).toBe('undecryptable');
    expect(await codeOf(withPart(token, 1, (part) => part.subarray(1)))).toBe('undecryptable');
    expect(await codeOf(withPart(token, 3, (part) => part.subarray(1)))).toBe('undecryptable');
  });

  it('has a point that is not on the curve, or that reveals bits of the key', async () => {
    const epk = (members: object) =>
      withHeader(encryptByHand(signed, p256), { epk: { kty: 'EC', crv: 'P-256', ...members } });
    const { x, y } = headerOf(encryptByHand(signed, p256))['epk'] as { x: string; y: string };
    const other = base64url(randomBytes(32));
    const points = [
      { x, y: x },
      { x, y: other },
      { x: base64url(Buffer.alloc(32)), y: base64url(Buffer.alloc(32)) },
      { x },
    ];
    for (const point of points) expect(await codeOf(epk(point))).toBe('undecryptable');
    expect(await codeOf(epk({ x, y, d: other }))).toBe('undecryptable');
    // Of order 1, 2, 4 and 8: the shared secret would be zero (RFC 7748, 6.1).
    for (const first of [
      '00'.repeat(32),
      `01${'00'.repeat(31)}`,
      `ec${'ff'.repeat(30)}7f`,
      `e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800`,
    ]) {
      const low = { kty: 'OKP', crv: 'X25519', x: base64url(Buffer.from(first, 'hex')) };
      expect(await codeOf(withHeader(encryptByHand(signed, x25519), { epk: low }))).toBe('undecryptable');
    }
  });

  it.each([
    ['none', undefined],
    ['a text', 'P-256'],
    ['a list', []],
    ['of the other curve', { kty: 'OKP', crv: 'X25519', x: x25519['x'] }],
    ['of a curve that no key has', { kty: 'EC', crv: 'P-384', x: p256['x'], y: p256['y'] }],
  ])('has an epk that does not fit its key: %s', async (_, epk) => {
    expect(await codeOf(encryptByHand(signed, p256, { header: { epk } }))).toBe('unknown_key');
  });

  it.each([
    ['a short vector', (token: string) => withPart(token, 2, (part) => part.subarray(4))],
    ['a long vector', (token: string) => withPart(token, 2, (part) => Buffer.concat([part, part]))],
    ['a tag of 32 bits', (token: string) => withPart(token, 4, (part) => part.subarray(0, 4))],
    ['a tag of 96 bits', (token: string) => withPart(token, 4, (part) => part.subarray(0, 12))],
    ['no tag', (token: string) => withPart(token, 4, () => '')],
    ['no content', (token: string) => withPart(token, 3, () => '')],
    ['no encrypted key', (token: string) => withPart(token, 1, () => '')],
    ['four parts', (token: string) => token.slice(0, token.lastIndexOf('.'))],
    ['six parts', (token: string) => `${token}.e30`],
    ['a part with padding', (token: string) => withPart(token, 3, (part) => `${base64url(part)}==`)],
    ['unused bits', (token: string) => withPart(token, 4, (part) => base64url(part).slice(0, -1) + 'B')],
    ['a header that is no JSON', (token: string) => withPart(token, 0, () => Buffer.from('{'))],
    ['a header that is a list', (token: string) => withPart(token, 0, () => Buffer.from('[]'))],
    ['the JSON serialization', (token: string) => JSON.stringify({ protected: token.split('.')[0], ciphertext: '' })],
    ['no text', () => ''],
    ['8 KB', (token: string) => withPart(token, 3, () => randomBytes(6000))],
    ['100 MB', (token: string) => token + 'A'.repeat(100_000_000)],
  ])('is malformed: %s', async (_, change) => {
    expect(await codeOf(change(encryptByHand(signed, p256)))).toBe('malformed');
  });

  it('names a member of its header twice, one value for each reader', async () => {
    const token = withPart(encryptByHand(signed, p256), 0, (part) =>
      Buffer.from(part.toString().replace('{', '{"alg":"dir",')),
    );
    expect(await codeOf(token)).toBe('ambiguous');
  });

  it.each([
    ['another cty', { cty: 'text/plain' }],
    ['no cty', { cty: undefined }],
    ['a cty that is no text', { cty: ['JWT'] }],
    ['another content encryption', { enc: 'A128CBC-HS256' }],
    ['a kid that is no text', { kid: 7 }],
    ['an alg that is no text', { alg: ['ECDH-ES+A256KW'] }],
    ['an alg in other letters', { alg: 'rsa-oaep-256' }],
    ['two billion rounds of hashing', { alg: 'PBES2-HS256+A128KW', p2s: 'c2FsdA', p2c: 2 ** 31 }],
  ])('is refused for its header: %s', async (_, header) => {
    expect(await codeOf(encryptByHand(signed, p256, { header }))).toBe('unsupported_header');
  });

  it('is compressed: a bomb is never inflated', async () => {
    const bomb = deflateRawSync(Buffer.alloc(2_000_000));
    const token = encryptByHand(bomb, x25519, { header: { zip: 'DEF' } });
    expect(token.length).toBeLessThan(8000);
    expect(await codeOf(token)).toBe('unsupported_header');
  });

  it('is for one key, and names another or another algorithm', async () => {
    const stranger = generateDecryptionKey();
    expect(await codeOf(encryptByHand(signed, stranger))).toBe('unknown_key');
    expect(await codeOf(encryptByHand(signed, stranger, { header: { kid: p256.kid } }))).toBe('undecryptable');
    expect(await codeOf(encryptByHand(signed, rsa, { header: { kid: p256.kid } }))).toBe('unknown_key');
    expect(await codeOf(encryptByHand(signed, p256, { header: { kid: x25519.kid } }))).toBe('unknown_key');
    expect(await codeOf(encryptByHand(signed, p256, { header: { alg: rsa.alg, kid: rsa.kid } }))).toBe('undecryptable');
    expect(await codeOf(encryptByHand(signed, p256), [])).toBe('unknown_key');
  });

  it('is encrypted with what everybody knows: a public key as a secret', async () => {
    const pem = createPublicKey({ format: 'jwk', key: rsa }).export({ type: 'spki', format: 'pem' });
    expect(pem).toContain('BEGIN PUBLIC KEY');
    for (const alg of ['dir', 'A256KW', 'A256GCMKW', 'ECDH-ES']) {
      expect(await codeOf(encryptByHand(signed, rsa, { header: { alg } }))).toBe('unsupported_header');
    }
  });

  it('brings its own key, which nobody looks at', async () => {
    const own = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
    const stranger = generateDecryptionKey();
    const header = { kid: undefined, jwk: own, jku: 'http://127.0.0.1:1/', x5u: 'http://127.0.0.1:1/' };
    expect(await codeOf(encryptByHand(signed, stranger, { header }))).toBe('undecryptable');
  });

  it('holds something else than a signed token', async () => {
    const unsigned = `${base64url('{"alg":"none"}')}.${base64url('{"role":"todo_admin"}')}.`;
    const [header, claims, signature] = signed.split('.');
    const others = ['{"role":"todo_admin"}', unsigned, `${unsigned}AA`, `${signed} `, `${header}.${claims}`];
    for (const content of [...others, `${signed}.${signature}`, `${header}.W10.${signature}`]) {
      expect(await codeOf(encryptByHand(content, p256))).toBe('unsigned');
    }
    await expect(encryptToken(unsigned, p256)).rejects.toMatchObject({ code: 'unreadable_token' });
  });

  it('is encrypted twice, or thrice', async () => {
    const twice = encryptByHand(encryptByHand(signed, p256), rsa);
    expect(await problemOf(twice)).toBe('it is encrypted more than once');
    expect(await problemOf(encryptByHand(twice, p256))).toBe('it is encrypted more than once');
    await expect(encryptToken(encryptByHand(signed, p256), p256)).rejects.toMatchObject({ code: 'unreadable_token' });
  });
});

it('what would be too long to be opened is not encrypted', async () => {
  const long = await signToken(await generateKey(), { role: 'todo_user', claims: { note: 'a'.repeat(6000) } });
  await expect(encryptToken(long, p256)).rejects.toMatchObject({ code: 'unreadable_token' });
});
