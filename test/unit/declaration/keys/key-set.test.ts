import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint } from 'jose';
import fc from 'fast-check';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { SecuredPostgrestError, type ErrorCode } from '../../../../errors/secured-postgrest-error.ts';
import { declare } from '../../../../declaration/index.ts';
import { checkKeySet, checkSecret, thumbprint, verificationKeySet } from '../../../../declaration/keys/key-set.ts';
import type { JsonWebKeySet, KeySource } from '../../../../declaration/types.ts';
import { ed25519Key, publicKeys, thumbprints } from '../../../support/rfc-vectors.ts';

type Jwk = Record<string, unknown>;

const jwk = (key: KeyObject) => key.export({ format: 'jwk' }) as Jwk;
const pem = (key: KeyObject, type: 'spki' | 'pkcs8') => key.export({ format: 'pem', type }) as string;

const rfcRsa = publicKeys[1];
/** It is for encryption there. */
const rfcEc = { ...publicKeys[0], use: 'sig' };
const rfcEd25519 = { kty: 'OKP', crv: 'Ed25519', x: ed25519Key.x };

const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa1024 = generateKeyPairSync('rsa', { modulusLength: 1024 });
const publicKey = { publicKey: pem(p256.publicKey, 'spki'), algorithm: 'ES256' } as const;

function refusal(act: () => unknown): SecuredPostgrestError {
  try {
    act();
  } catch (error) {
    if (error instanceof SecuredPostgrestError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

const check = (source: unknown, version = '16.2') => refusal(() => checkKeySet(source as KeySource, 'keys', version));
const jwks = (...keys: unknown[]) => ({ jwks: { keys } as JsonWebKeySet });

describe('checkKeySet', () => {
  it.each<[string, KeySource]>([
    ['a key to generate', { generate: 'EdDSA' }],
    ['a secret file', { secretFile: '/run/secrets/jwt' }],
    ['a PEM public key', publicKey],
    ['the keys of RFC 7517, 7638 and 8037', jwks(rfcRsa, rfcEc, rfcEd25519)],
    ['the same as text', { jwks: JSON.stringify(jwks(rfcRsa, rfcEc, rfcEd25519).jwks) }],
    ['alg EdDSA', jwks({ ...rfcEd25519, alg: 'EdDSA', use: 'sig', key_ops: ['verify'] })],
  ])('accepts %s', (_, source) => {
    checkKeySet(source, 'keys', '16.2');
  });

  it.each<[string, unknown, ErrorCode]>([
    ['nothing', undefined, 'invalid_key_set'],
    ['no kind', {}, 'invalid_key_set'],
    ['two kinds', { generate: 'ES256', ...jwks(rfcEc) }, 'invalid_key_set'],
    ['an algorithm it cannot generate', { generate: 'PS256' }, 'unsupported_algorithm'],
    ['a secret file without a path', { secretFile: '' }, 'invalid_key_set'],
    ['text that is not JSON', { jwks: '{"keys":[]}}' }, 'invalid_key_set'],
    ['a bare key', { jwks: rfcEc }, 'invalid_key_set'],
    ['a list', { jwks: [rfcEc] }, 'invalid_key_set'],
    ['JSON null', { jwks: 'null' }, 'invalid_key_set'],
    ['no keys', { jwks: { keys: [] } }, 'empty_key_set'],
    ['a key that is no object', jwks('key'), 'invalid_key_set'],
    ['a private EC key', jwks(jwk(p256.privateKey)), 'private_key_in_key_set'],
    ['a private RSA key', jwks(jwk(rsa1024.privateKey)), 'private_key_in_key_set'],
    ...['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'].map((member): [string, unknown, ErrorCode] => [
      `a key with ${member}`,
      jwks({ ...rfcRsa, [member]: 'AQAB' }),
      'private_key_in_key_set',
    ]),
    ['a symmetric key', jwks({ kty: 'oct', k: 'c2VjcmV0' }), 'invalid_key_set'],
    ['a kid twice', jwks(rfcEc, { ...rfcRsa, kid: rfcEc.kid }), 'invalid_key_set'],
    ['an empty kid', jwks({ ...rfcEc, kid: '' }), 'invalid_key_set'],
    ['a kid that is no text', jwks({ ...rfcEc, kid: 1 }), 'invalid_key_set'],
    ['a kid that PostgREST cannot read', jwks({ ...rfcEc, kid: '\ud800' }), 'invalid_key_set'],
    ['a point off its curve', jwks({ ...rfcEc, y: rfcEc.x }), 'invalid_key_set'],
    ['a point of another curve', jwks({ ...rfcEc, crv: 'P-384' }), 'invalid_key_set'],
    ['a short point', jwks({ ...rfcEd25519, x: 'AAAA' }), 'invalid_key_set'],
    ['a missing coordinate', jwks({ ...rfcEc, y: undefined }), 'invalid_key_set'],
    ['stray characters', jwks({ ...rfcEc, x: `${rfcEc.x}=` }), 'invalid_key_set'],
    ['an RSA key of 1024 bits', jwks(jwk(rsa1024.publicKey)), 'weak_key'],
    ['an RSA key with exponent 1', jwks({ ...rfcRsa, e: 'AQ' }), 'weak_key'],
    ['an RSA key with an even exponent', jwks({ ...rfcRsa, e: 'AQAA' }), 'weak_key'],
    ['an RSA key of 20,000 bits', jwks({ ...rfcRsa, n: '_'.repeat(3332) }), 'invalid_key_set'],
    ['an RSA key with an exponent as long as it is', jwks({ ...rfcRsa, e: rfcRsa.n }), 'invalid_key_set'],
    // A point of order 8 with its sign bit, and one of order 4 in another spelling.
    ...['26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85', `ed${'ff'.repeat(31)}`].map(
      (point): [string, unknown, ErrorCode] => [
        'an Ed25519 key of small order',
        jwks({ ...rfcEd25519, x: Buffer.from(point, 'hex').toString('base64url') }),
        'weak_key',
      ],
    ),
    ['too many keys', jwks(...Array.from({ length: 101 }, () => rfcEd25519)), 'invalid_key_set'],
    ['a key for encryption', jwks({ ...rfcEc, use: 'enc' }), 'invalid_key_set'],
    ['a key that does not verify', jwks({ ...rfcRsa, key_ops: ['encrypt'] }), 'invalid_key_set'],
    ['key_ops that is no list', jwks({ ...rfcRsa, key_ops: 'verify' }), 'invalid_key_set'],
    ['an unknown kty', jwks({ kty: 'XYZ' }), 'invalid_key_set'],
    ['no kty', jwks({ n: rfcRsa.n, e: rfcRsa.e }), 'invalid_key_set'],
    ['a curve for key agreement', jwks({ ...rfcEd25519, crv: 'X25519' }), 'invalid_key_set'],
    ['an alg of another kty', jwks({ ...rfcEc, alg: 'RS256' }), 'invalid_key_set'],
    ['an alg of another curve', jwks({ ...rfcEc, alg: 'ES384' }), 'invalid_key_set'],
    ['HMAC with a public key', jwks({ ...rfcRsa, alg: 'HS256' }), 'invalid_key_set'],
    ['alg none', jwks({ ...rfcRsa, alg: 'none' }), 'invalid_key_set'],
    ['an alg that is no text', jwks({ ...rfcRsa, alg: null }), 'invalid_key_set'],
    ['PS256', jwks({ ...rfcRsa, alg: 'PS256' }), 'unsupported_algorithm'],
    ['ES256K', jwks({ ...rfcEc, crv: 'secp256k1', alg: 'ES256K' }), 'unsupported_algorithm'],
    ['Ed448', jwks(jwk(generateKeyPairSync('ed448').publicKey)), 'unsupported_algorithm'],
    ['the name Ed25519', jwks({ ...rfcEd25519, alg: 'Ed25519' }), 'unsupported_algorithm'],
    ['a private PEM', { ...publicKey, publicKey: pem(p256.privateKey, 'pkcs8') }, 'private_key_in_key_set'],
    [
      'a private PEM after a public one',
      { ...publicKey, publicKey: publicKey.publicKey + pem(p256.privateKey, 'pkcs8') },
      'private_key_in_key_set',
    ],
    [
      'a PKCS #1 PEM',
      { publicKey: rsa1024.publicKey.export({ format: 'pem', type: 'pkcs1' }), algorithm: 'RS256' },
      'invalid_key_set',
    ],
    [
      'a PEM of nothing',
      { ...publicKey, publicKey: publicKey.publicKey.replace(/M[^-]+/, 'AAAA\n') },
      'invalid_key_set',
    ],
    ['a PEM that is no text', { ...publicKey, publicKey: 7 }, 'invalid_key_set'],
    ['a PEM that does not fit its algorithm', { ...publicKey, algorithm: 'RS256' }, 'invalid_key_set'],
    ['a PEM for HS256', { ...publicKey, algorithm: 'HS256' }, 'invalid_key_set'],
    ['a PEM for an unknown algorithm', { ...publicKey, algorithm: 'none' }, 'unsupported_algorithm'],
    ['a weak PEM', { publicKey: pem(rsa1024.publicKey, 'spki'), algorithm: 'RS256' }, 'weak_key'],
    [
      'an RSA-PSS PEM',
      { publicKey: pem(generateKeyPairSync('rsa-pss', { modulusLength: 2048 }).publicKey, 'spki'), algorithm: 'RS256' },
      'invalid_key_set',
    ],
  ])('refuses %s', (_, source, code) => {
    expect(check(source).code).toBe(code);
  });

  it('accepts PS256 for PostgREST 12 only', () => {
    const source = jwks({ ...rfcRsa, alg: 'PS256' });
    checkKeySet(source, 'keys', '12.0.2');
    expect(check(source, '13.0.0').message).toBe(
      'keys.jwks.keys[0]: PS256 cannot be verified by PostgREST 13.0.0; sign with RS256 or ES256 [unsupported_algorithm]',
    );
  });

  it('names the place and never shows what may be a secret', () => {
    const secret = 'correct-horse-battery-staple';
    expect(check({ jwks: secret }).message).toMatch(/^keys\.jwks: not valid JSON; .*secretFile/);
    for (const source of [
      { jwks: secret },
      jwks(secret),
      jwks({ kty: 'oct', k: secret }),
      jwks({ ...rfcEc, d: secret }),
    ]) {
      const error = check(source);
      expect(`${error.stack} ${String(error.cause)}`).not.toContain(secret);
    }
  });

  it('goes as deep as a key set does', () => {
    const x5c: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    const input = { name: 'deep', schemas: ['api'], roles: { users: ['deep_user'] } };
    const { keys } = declare({ ...input, keys: jwks({ ...rfcEc, x5c }) });
    expect(Object.isFrozen((keys as ReturnType<typeof jwks>).jwks)).toBe(true);
  });

  it('fails with nothing but its own error, whatever it is given', () => {
    const member = fc.constantFrom('kty', 'crv', 'x', 'y', 'n', 'e', 'd', 'k', 'alg', 'use', 'key_ops', 'kid');
    const value = fc.oneof(
      fc.constantFrom(
        'EC',
        'RSA',
        'OKP',
        'oct',
        'P-256',
        'Ed25519',
        'RS256',
        'ES256',
        'AQAB',
        rfcEc.x,
        rfcEc.y,
        rfcRsa.n,
      ),
      fc.anything(),
    );
    const key = fc.oneof(
      fc.dictionary(member, value),
      fc
        .tuple(fc.constantFrom(rfcRsa, rfcEc, rfcEd25519), fc.dictionary(member, value))
        .map(([a, b]) => ({ ...a, ...b })),
      fc.anything(),
    );
    const set = fc.record({ keys: fc.array(key) });
    const source = fc.oneof(
      fc.record({
        jwks: fc.oneof(
          set,
          set.map((keys) => JSON.stringify(keys, replaceBigInt)),
          fc.anything(),
        ),
      }),
      fc.record({ publicKey: fc.oneof(fc.string(), fc.anything()), algorithm: fc.oneof(fc.constant('RS256'), value) }),
      fc.anything(),
    );
    fc.assert(
      fc.property(source, fc.string(), (given, version) => {
        try {
          checkKeySet(given as KeySource, 'keys', version);
        } catch (error) {
          expect(error).toBeInstanceOf(SecuredPostgrestError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

const replaceBigInt = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);

describe('verificationKeySet', () => {
  it('keeps what a verifier needs, and nothing else', () => {
    const source = jwks({ ...rfcRsa, x5c: ['MIIC'], x5t: 'x', ext: true, key_ops: ['verify'] }, rfcEd25519);
    expect(verificationKeySet(source)).toEqual({
      keys: [
        { ...rfcRsa, use: 'sig' },
        { ...rfcEd25519, use: 'sig' },
      ],
    });
  });

  it('gives a PEM key its algorithm, and its thumbprint as kid', () => {
    const members = jwk(p256.publicKey);
    expect(verificationKeySet(publicKey)).toEqual({
      keys: [{ ...members, alg: 'ES256', use: 'sig', kid: thumbprint(members) }],
    });
  });

  it('refuses what checkKeySet refuses', () => {
    expect(refusal(() => verificationKeySet({ jwks: 'x' })).code).toBe('invalid_key_set');
  });

  it('takes existing public keys only', () => {
    type Source = Parameters<typeof verificationKeySet>[0];
    expectTypeOf<{ jwks: string }>().toExtend<Source>();
    expectTypeOf<{ generate: 'ES256' }>().not.toExtend<Source>();
    expectTypeOf<{ secretFile: string }>().not.toExtend<Source>();
  });
});

describe('checkSecret', () => {
  it('accepts 32 bytes', () => {
    checkSecret(Buffer.from('0123456789abcdef0123456789abcdef'), 'secret');
    checkSecret('é'.repeat(15) + 'ab', 'secret');
  });

  it.each([
    ['31 bytes', Buffer.from('0123456789abcdef0123456789abcde')],
    ['one repeated byte', new Uint8Array(64)],
    ['one repeated letter', 'a'.repeat(64)],
    ['a public key, which others know', publicKey.publicKey],
    ['a key set, which others know', JSON.stringify(jwks(rfcEc).jwks)],
  ])('refuses %s, without showing it', (_, secret) => {
    const error = refusal(() => checkSecret(secret, 'secret'));
    expect(error.code).toBe('weak_secret');
    expect(error.message).not.toContain(Buffer.from(secret).toString().slice(0, 12));
  });
});

describe('thumbprint', () => {
  it.each(thumbprints)('is that of %s', (_, key, expected) => {
    expect(thumbprint(key)).toBe(expected);
  });

  it('is that of jose, for the private half too', async () => {
    expect(thumbprint(jwk(p256.privateKey))).toBe(await calculateJwkThumbprint(jwk(p256.publicKey)));
    expect(thumbprint({ kty: 'oct', k: 'AQAB' })).toBe(await calculateJwkThumbprint({ kty: 'oct', k: 'AQAB' }));
  });
});
