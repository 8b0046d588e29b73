import { createPrivateKey } from 'node:crypto';
import { calculateJwkThumbprint, type JWK } from 'jose';
import { describe, expect, expectTypeOf, it } from 'vitest';
import type { SigningAlgorithm } from '../../../../declaration/types.ts';
import { generateKey, type PrivateKey } from '../../../../tokens/index.ts';

describe('generateKey', () => {
  it.each<[SigningAlgorithm, object]>([
    ['ES256', { kty: 'EC', crv: 'P-256' }],
    ['RS256', { kty: 'RSA', e: 'AQAB' }],
    ['EdDSA', { kty: 'OKP', crv: 'Ed25519' }],
    ['HS256', { kty: 'oct' }],
  ])('makes a key for %s, named by its thumbprint', async (alg, members) => {
    const key = await generateKey(alg);
    expect(key).toMatchObject({ ...members, alg, use: 'sig', kid: await calculateJwkThumbprint(key as JWK) });
  });

  it('makes P-256 keys unless told otherwise, another one each time', async () => {
    const [one, other] = [await generateKey(), await generateKey()];
    expect(one.alg).toBe('ES256');
    expect(one.kid).not.toBe(other.kid);
  });

  it('makes RSA keys of 3072 bits and secrets of 256', async () => {
    const rsa = createPrivateKey({ format: 'jwk', key: await generateKey('RS256') });
    expect(rsa.asymmetricKeyDetails?.modulusLength).toBe(3072);
    const { k } = await generateKey('HS256');
    expect(Buffer.from(k as string, 'base64url')).toHaveLength(32);
  });

  it('refuses other algorithms', async () => {
    await expect(generateKey('PS256' as SigningAlgorithm)).rejects.toMatchObject({ code: 'unsupported_algorithm' });
    expectTypeOf(generateKey).parameter(0).toEqualTypeOf<SigningAlgorithm | undefined>();
    expectTypeOf(generateKey).returns.resolves.toEqualTypeOf<PrivateKey>();
  });
});
