import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { examineToken, generateKey, publicKeySet, type PrivateKey } from '../../../tokens/index.ts';
import { behindProvider, roles } from '../../support/behind-provider.ts';
import { signClaims } from '../../support/sign-claims.ts';
import { shapes } from './token-shapes.ts';

let key: PrivateKey;
beforeAll(async () => (key = await generateKey('RS256')));

describe.each(shapes)('$name', ({ provider, token, foreign }) => {
  let api: EphemeralPostgrest;
  beforeAll(async () => {
    api = await startEphemeralPostgrest(behindProvider({ ...provider, jwks: publicKeySet([key]) }));
  });
  afterAll(() => api.stop());

  /** The rows that are seen, or the status; `examineToken` has to agree. */
  async function orders(claims: object): Promise<unknown> {
    const iat = Math.floor(Date.now() / 1000);
    const signed = await signClaims(key, { iat, nbf: iat, exp: iat + 60, ...claims });
    const response = await fetch(`${api.url}/orders?select=id`, { headers: { Authorization: `Bearer ${signed}` } });
    const { role } = await examineToken(signed, api.declaration, publicKeySet([key]), { version: '12.0.2' });
    expect(role !== undefined).toBe(response.ok);
    if (!response.ok) return response.status;
    return ((await response.json()) as { id: number }[]).map(({ id }) => id);
  }

  it('each role sees its rows', async () => {
    expect(await orders(token('ann', ['boss']))).toEqual([1, 2, 3]);
    expect(await orders(token('ann', ['member']))).toEqual([1, 3]);
    expect(await orders(token('bob', ['guest']))).toEqual([2]);
    expect(await orders(token('eve', ['member']))).toEqual([]);
  });

  it('a name that is not mapped is refused, also that of a role of the database', async () => {
    for (const name of ['stranger', 'postgres', roles.admin, 'shop_owner', 'shop_authenticator', 'Boss', ''])
      expect(await orders(token('ann', [name]))).toBe(401);
    expect(await orders(token('ann', []))).toBe(401);
  });

  it('the claim "role" gains nothing', async () => {
    expect(await orders({ ...token('ann', []), role: roles.admin })).toBe(401);
    expect(await orders({ ...token('ann', ['member']), role: roles.admin })).toEqual([1, 3]);
  });

  it.each(foreign)('another token of the provider is refused: %j', async (other) => {
    expect(await orders({ ...token('ann', ['boss']), ...other })).toBe(401);
  });

  it('without exp it is refused', async () => {
    expect(await orders({ ...token('ann', ['boss']), exp: undefined })).toBe(401);
  });

  it('an environment makes such tokens', async () => {
    const admin = await api.as(roles.admin);
    expect((await admin.fetch('/orders')).status).toBe(200);
    expect(await (await admin.fetch('/rpc/whoami')).json()).toMatchObject({ role: roles.admin });
    expect((await (await api.as('shop_owner')).fetch('/orders')).status).toBe(401);
  });
});
