import { expect, it } from 'vitest';
import { checkKeySet } from '../../../../declaration/keys/key-set.ts';
import { generateKey, publicKeySet } from '../../../../tokens/index.ts';

it('has the public members only, and passes the check of declared key sets', async () => {
  const keys = [await generateKey('ES256'), await generateKey('RS256'), await generateKey('EdDSA')];
  const jwks = publicKeySet(keys);
  const common = ['alg', 'kid', 'kty', 'use'];
  expect(jwks.keys.map((key) => Object.keys(key).sort())).toEqual([
    [...common, 'crv', 'x', 'y'].sort(),
    [...common, 'e', 'n'].sort(),
    [...common, 'crv', 'x'].sort(),
  ]);
  expect(jwks.keys.map(({ kid }) => kid)).toEqual(keys.map(({ kid }) => kid));
  checkKeySet({ jwks }, 'keys', '16.2');
});

it('has the secret itself for HS256', async () => {
  const { kty, k, kid, alg, use } = await generateKey('HS256');
  expect(publicKeySet([{ kty, k, kid, alg, use, note: 'mine' }])).toEqual({ keys: [{ kty, k, kid, alg, use }] });
});

it('leaves out a kid that is not there', () => {
  const key = { kty: 'oct', k: 'AQAB', alg: 'HS256', use: 'sig' } as const;
  expect(publicKeySet([key])).toStrictEqual({ keys: [key] });
});
