import { decodeJwt, importJWK, jwtVerify, type JWK } from 'jose';
import { beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import {
  generateKey,
  publicKeySet,
  signToken,
  type PrivateKey,
  type SigningKey,
  type TokenOptions,
} from '../../../tokens/index.ts';
import { SIGNING_ALGORITHMS } from '../../../declaration/keys/key-set.ts';

let key: PrivateKey;
beforeAll(async () => {
  key = await generateKey();
});

describe('signToken', () => {
  it.each(SIGNING_ALGORITHMS)('signs with %s what jose verifies with the key set', async (algorithm) => {
    const keys = [await generateKey(algorithm), await generateKey(algorithm)] as const;
    const token = await signToken(keys[1], { role: 'todo_user' });
    const { payload, protectedHeader } = await jwtVerify(token, ({ kid }) => {
      return importJWK(publicKeySet(keys).keys.find((jwk) => jwk.kid === kid) as JWK);
    });
    expect(protectedHeader).toEqual({ alg: algorithm, typ: 'JWT', kid: keys[1].kid });
    expect(payload.role).toBe('todo_user');
  });

  it('says exactly what it is told', async () => {
    const token = await signToken(key, {
      role: 'todo_user',
      claims: { user_id: 7, app_metadata: { tenants: ['a', 'b'] } },
      issuer: 'https://id.example',
      audience: ['todos', 'other'],
      subject: 'ada',
      expiresIn: 60,
      notBefore: new Date('2030-01-01T00:00:10.9Z'),
      tokenId: 'one',
      now: new Date('2030-01-01T00:00:00Z'),
    });
    const issued = Date.UTC(2030, 0, 1) / 1000;
    expect(decodeJwt(token)).toStrictEqual({
      role: 'todo_user',
      user_id: 7,
      app_metadata: { tenants: ['a', 'b'] },
      iss: 'https://id.example',
      aud: ['todos', 'other'],
      sub: 'ada',
      iat: issued,
      nbf: issued + 10,
      exp: issued + 60,
      jti: 'one',
    });
  });

  it('lasts an hour from now, has a name of its own, and no other claims, unless told otherwise', async () => {
    const { iat = 0, exp = 0, jti, ...others } = decodeJwt(await signToken(key, { role: 'todo_user' }));
    expect(Math.abs(iat - Date.now() / 1000)).toBeLessThan(10);
    expect(exp - iat).toBe(3600);
    expect(jti).toMatch(/^[0-9a-f-]{36}$/);
    expect(decodeJwt(await signToken(key, { role: 'todo_user' })).jti).not.toBe(jti);
    expect(others).toEqual({ role: 'todo_user' });
  });

  it('leaves kid out where the key has none', async () => {
    const secret: SigningKey = {
      kty: 'oct',
      k: Buffer.alloc(32, 'k3y').toString('base64url'),
      alg: 'HS256',
      use: 'sig',
    };
    const { protectedHeader } = await jwtVerify(await signToken(secret, { role: 'a' }), Buffer.alloc(32, 'k3y'));
    expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'JWT' });
  });

  it.each<[string, Partial<Record<keyof TokenOptions, unknown>>, string]>([
    ['no role', { role: '' }, 'role'],
    ['a role that is no text', { role: 7 }, 'role'],
    ...['role', 'iss', 'aud', 'sub', 'exp', 'nbf', 'iat', 'jti'].map((name): [string, { claims: object }, string] => [
      `claim ${name}`,
      { claims: { [name]: 'x' } },
      `claims.${name}`,
    ]),
    ['a claim without a value', { claims: { team: undefined } }, 'claims.team'],
    ['a claim that JSON would change', { claims: { since: new Date() } }, 'claims.since'],
    ['a claim that JSON does not know', { claims: { id: 1n } }, 'claims.id'],
    ['no lifetime', { expiresIn: 0 }, 'expiresIn'],
    ['a past lifetime', { expiresIn: -1 }, 'expiresIn'],
    ['part of a second', { expiresIn: 0.5 }, 'expiresIn'],
    ['an endless lifetime', { expiresIn: Infinity }, 'expiresIn'],
    ['a start that is no date', { notBefore: new Date('x') }, 'notBefore'],
  ])('refuses %s', async (_, options, place) => {
    const error: unknown = await signToken(key, { role: 'todo_user', ...options } as TokenOptions).catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({
      code: 'invalid_token_claim',
      message: expect.stringMatching(`^${place}: `) as string,
    });
  });

  it('refuses a key that cannot sign, without showing it', async () => {
    const half = publicKeySet([key]).keys[0] as unknown as SigningKey;
    await expect(signToken(half, { role: 'a' })).rejects.toMatchObject({ code: 'unreadable_key' });
    const broken = { ...key, d: 'not-the-secret' };
    const error: unknown = await signToken(broken, { role: 'a' }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'unreadable_key' });
    expect((error as Error).stack).not.toContain('not-the-secret');
  });

  it('has to be told the role', () => {
    expectTypeOf<{ role: string }>().toExtend<TokenOptions>();
    expectTypeOf<{ claims: { user_id: 1 } }>().not.toExtend<TokenOptions>();
    expectTypeOf(signToken).returns.resolves.toEqualTypeOf<string>();
  });
});
