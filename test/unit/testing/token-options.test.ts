import { decodeJwt } from 'jose';
import { describe, expect, it } from 'vitest';
import { generateKey, signToken } from '../../../tokens/index.ts';
import { checkRole, tokenOptions } from '../../../testing/token-options.ts';

const now = new Date('2026-01-01T00:00:00Z');
const NOW = now.getTime() / 1000;
const key = await generateKey('ES256');

/** What a token says that is signed for these claims. */
async function said(claims: Record<string, unknown>) {
  return decodeJwt(await signToken(key, { ...tokenOptions(claims, now), role: 'x_user' }));
}

describe('a token has the claims that are asked for', () => {
  it.each([
    { sub: 'user-1' },
    { iss: 'https://id.test', aud: 'a' },
    { aud: ['a', 'b'] },
    { jti: 'one' },
    { nbf: NOW - 5 },
    { iat: NOW - 100 },
    { iat: NOW - 100, exp: NOW + 100 },
    { exp: NOW + 7 },
    { exp: NOW - 7 },
    { exp: 1 },
    { sub: '', user_id: 7, app: { sub: 'inner' } },
    { role: 'x_user', sub: 'decoded' },
  ])('%j', async (claims) => {
    expect(await said(claims)).toMatchObject(claims);
  });
});

it('says when it was issued and when it ends as before where no claim does', async () => {
  expect(await said({ sub: 'a' })).toMatchObject({ iat: NOW, exp: NOW + 3600 });
});

it.each([
  [{ sub: 7 }, 'claims.sub: 7'],
  [{ sub: null }, 'claims.sub: null'],
  [{ iss: {} }, 'claims.iss: {}'],
  [{ aud: [1] }, 'claims.aud: [1]'],
  [{ exp: 'soon' }, 'claims.exp: "soon"'],
  [{ iat: 1.5 }, 'claims.iat: 1.5'],
  [{ nbf: '1' }, 'claims.nbf: "1"'],
  [{ iat: 10, exp: 10 }, 'expiresIn: 0'],
])('refuses %j, and names the claim and the value', async (claims, message) => {
  await expect(said(claims)).rejects.toThrow(message);
});

it('refuses another role in the claims than the one that is asked for', () => {
  expect(() => checkRole('x_user', { role: 'x_user' })).not.toThrow();
  expect(() => checkRole('x_user', { role: 'x_admin' })).toThrow('claims.role: "x_admin" is not "x_user"');
});
