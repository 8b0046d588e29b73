import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Provider } from '../../../declaration/index.ts';
import { cellText } from '../../../access/report/cell.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { examineToken, generateKey, publicKeySet, type PrivateKey } from '../../../tokens/index.ts';
import { behindProvider, roles } from '../../support/behind-provider.ts';
import { verboseErrors } from '../../support/embedded-postgrest.ts';
import { signClaims } from '../../support/sign-claims.ts';

const issuer = 'https://id.example.com';
const base: Omit<Provider, 'jwks'> = {
  issuer,
  audience: 'shop',
  roles: { claim: ['access', 'roles'], map: { [roles.admin]: 'admin', [roles.user]: ['member', 'guest'] } },
};
let key: PrivateKey;
let api: EphemeralPostgrest;

beforeAll(async () => (key = await generateKey('RS256')));

/** Of the provider, for Ann. */
function token(claims: Record<string, unknown>): Promise<string> {
  const iat = Math.floor(Date.now() / 1000);
  return signClaims(key, { iss: issuer, aud: ['other', 'shop'], sub: 'ann', iat, exp: iat + 600, ...claims });
}

function get(path: string, authorization?: string): Promise<Response> {
  return fetch(api.url + path, {
    headers: authorization === undefined ? {} : { Authorization: `Bearer ${authorization}` },
  });
}

/** What a request with such a token is answered; `examineToken` has to know it. */
async function asked(claims: Record<string, unknown>) {
  const signed = await token(claims);
  const response = await get('/rpc/whoami', signed);
  const answer = (await response.json()) as Record<string, unknown>;
  const { role } = await examineToken(signed, api.declaration, publicKeySet([key]), { version: '12.0.2' });
  expect(role).toBe(response.ok ? answer['role'] : undefined);
  return [response.status, answer] as const;
}

const refused = (details: string) => [
  401,
  { code: 'PT401', details, hint: null, message: 'the token is not valid here' },
];

describe('roles from a nested list', () => {
  beforeAll(async () => {
    api = await startEphemeralPostgrest(
      behindProvider({ ...base, jwks: publicKeySet([key]) }, { server: { poolSize: 1, settings: verboseErrors } }),
    );
  });
  afterAll(() => api.stop());

  it.each<[unknown, string, string]>([
    [['member'], roles.user, '4s'],
    [['guest', 'strange'], roles.user, '4s'],
    [['member', 'admin'], roles.admin, '9s'],
    [['admin'], roles.admin, '9s'],
    ['member', roles.user, '4s'],
  ])('%j is the role %s', async (said, role, timeout) => {
    expect(await asked({ access: { roles: said } })).toEqual([200, { role, timeout, claim: role }]);
  });

  it.each<[unknown]>([
    [['Admin']],
    [['postgres']],
    [['shop_admin', 'shop_owner', 'shop_authenticator', 'shop_anon']],
    [[['admin']]],
    [[{ admin: true }]],
    [{ admin: true }],
    [{ 0: 'admin' }],
    ['admin member'],
    [' admin'],
    [''],
    [[]],
    [[null, 1, true]],
    [1],
    [null],
  ])('%j is none', async (said) => {
    expect(await asked({ access: { roles: said } })).toEqual(refused('the token names no role of this API'));
  });

  it.each<[Record<string, unknown>]>([
    [{ role: roles.admin }],
    [{ role: 'postgres' }],
    [{ role: ['admin'] }],
    [{ access: ['admin'] }],
    [{ access: 'admin' }],
    [{ roles: ['admin'] }],
    [{ 'access.roles': ['admin'] }],
  ])('claims %j name none', async (claims) => {
    expect(await asked(claims)).toEqual(refused('the token names no role of this API'));
  });

  it('the claim of PostgREST itself does not win', async () => {
    for (const role of [roles.admin, 'postgres', 'shop_owner', 'shop_authenticator', 7])
      expect((await asked({ role, access: { roles: ['member'] } }))[1]).toMatchObject({ role: roles.user });
  });

  it.each<[Record<string, unknown>]>([
    [{ exp: { role: roles.admin } }],
    [{ exp: [roles.admin] }],
    [{ exp: roles.admin }],
  ])('PostgREST finds no role in %j', async (claims) => {
    expect((await asked({ access: { roles: ['admin'] }, ...claims }))[0]).toBe(401);
  });

  it.each<[string, Record<string, unknown>]>([
    ['another issuer', { iss: 'https://id.example.org' }],
    ['another issuer', { iss: `${issuer}/` }],
    ['another issuer', { iss: undefined }],
    ['another audience', { aud: 'other' }],
    ['another audience', { aud: undefined }],
    ['another audience', { aud: ['other', 'shop2'] }],
  ])('%s is refused: %j', async (problem, claims) => {
    const [status, { details }] = await asked({ access: { roles: ['admin'] }, ...claims });
    expect([status, details]).toEqual([401, `the token is ${problem.includes('issuer') ? 'from' : 'for'} ${problem}`]);
  });

  it('policies see the role that it is mapped to, and the claims', async () => {
    const rows = async (roles: string[]) => (await get('/orders?select=id', await token({ access: { roles } }))).json();
    expect(await rows(['admin'])).toEqual([{ id: 1 }, { id: 2 }, { id: 3 }]);
    expect(await rows(['member'])).toEqual([{ id: 1 }, { id: 3 }]);
  });

  it('without a token it is the anonymous role', async () => {
    expect(await (await get('/rpc/whoami')).json()).toMatchObject({ role: 'shop_anon' });
    expect((await get('/orders')).status).toBe(401);
  });

  it('the description of the API is that of the role', async () => {
    const paths = async (authorization?: string) => {
      const { paths } = (await (await get('/', authorization)).json()) as { paths: object };
      return Object.keys(paths);
    };
    expect(await paths()).not.toContain('/orders');
    expect(await paths(await token({ access: { roles: ['member'] } }))).toContain('/orders');
    expect((await get('/', await token({}))).status).toBe(401);
  });

  it('nothing of a request is left for the next one of the same connection', async () => {
    const seen = {
      admin: await token({ access: { roles: ['admin'] } }),
      member: await token({ access: { roles: ['member'] } }),
    };
    const bad = await token({ access: { roles: ['x'] } });
    for (let round = 0; round < 100; round++) {
      expect(await (await get('/rpc/whoami', seen.admin)).json()).toMatchObject({ role: roles.admin, timeout: '9s' });
      expect(await (await get('/rpc/whoami')).json()).toMatchObject({ role: 'shop_anon', timeout: '5s' });
      expect((await get('/rpc/whoami', bad)).status).toBe(401);
      expect(await (await get('/rpc/whoami', seen.member)).json()).toMatchObject({ role: roles.user, timeout: '4s' });
      const failing = await get('/orders?id=eq.x', seen.admin);
      expect(failing.status).toBe(400);
      expect((await get('/orders')).status).toBe(401);
    }
  });

  it('without the check nobody is more than anonymous', async () => {
    await api.sql(`CREATE OR REPLACE FUNCTION shop_private.pre_request() RETURNS void LANGUAGE sql AS ''`);
    const admin = await token({ access: { roles: ['admin'] }, role: roles.admin });
    expect(await (await get('/rpc/whoami', admin)).json()).toMatchObject({ role: 'shop_anon' });
    await api.sql('DROP FUNCTION shop_private.pre_request()');
    expect((await get('/rpc/whoami', admin)).ok).toBe(false);
    expect((await get('/orders', admin)).ok).toBe(false);
  });
});

describe('where no anonymous role is declared', () => {
  beforeAll(async () => {
    const { admin, user } = roles;
    const provider: Provider = {
      ...base,
      jwks: publicKeySet([key]),
      roles: { claim: 'https://example.com/roles', map: { [admin]: 'admin' }, defaultRole: user },
    };
    api = await startEphemeralPostgrest(
      behindProvider(provider, {
        roles: { users: [{ name: admin, statementTimeoutMs: 9000 }, user] },
        functions: [{ name: 'whoami', execute: [admin, user] }],
        server: { settings: verboseErrors },
        tokens: { maximumAgeSeconds: 300, requiredClaims: ['exp', 'jti'] },
      }),
    );
  });
  afterAll(() => api.stop());

  it('a request without a token is refused, whatever it is for', async () => {
    for (const path of ['/', '/orders', '/rpc/whoami']) {
      const response = await get(path);
      expect([response.status, await response.json()]).toEqual(refused('a token is needed'));
    }
    const nothing = await signClaims(key, { role: 'shop_admin' });
    expect((await get('/rpc/whoami', nothing)).status).toBe(401);
  });

  it('a namespaced claim names the role, and without it the default one is taken', async () => {
    const whoami = async (claims: object) => (await asked({ jti: '1', ...claims }))[1]['role'];
    expect(await whoami({ 'https://example.com/roles': ['x', 'admin'] })).toBe(roles.admin);
    expect(await whoami({ 'https://example.com/roles': ['x'] })).toBe(roles.user);
    expect(await whoami({ role: roles.admin })).toBe(roles.user);
  });

  it.each<[Record<string, unknown>, string]>([
    [{ jti: undefined }, 'the claim "jti" is missing'],
    [{ iat: Math.floor(Date.now() / 1000) - 400 }, 'the token is too old'],
    [{ iat: undefined }, 'the token is too old'],
    [{ iat: null }, 'the token is too old'],
  ])('%j: %s', async (claims, problem) => {
    expect(await asked({ jti: '1', ...claims })).toEqual(refused(problem));
  });

  it('age is measured from iat on', async () => {
    const now = Math.floor(Date.now() / 1000);
    expect((await asked({ jti: '1', iat: now - 290, exp: now + 9e4 }))[0]).toBe(200);
  });

  it('the environment signs tokens of the shape of the provider', async () => {
    const admin = await api.as(roles.admin, { sub_department: 1 });
    expect((await admin.fetch('/orders?select=id')).status).toBe(200);
    const signed = await api.tokenFor(roles.admin, {}, { tokenId: '1' });
    expect(await (await get('/rpc/whoami', signed)).json()).toMatchObject({ role: roles.admin });
    const [orders] = (await api.access()).relations;
    const read = orders!.cells.filter(({ command }) => command === 'select');
    expect(read.map((cell) => [cell.subject, cellText(cell, orders!)])).toEqual([
      ['shop_arrival', '–'],
      [roles.admin, 'all 3'],
      [roles.user, expect.stringMatching(/^\d/)],
    ]);
  });
});

describe('own keys beside a provider', () => {
  let own: PrivateKey;
  beforeAll(async () => {
    own = await generateKey('ES256');
    api = await startEphemeralPostgrest(
      behindProvider(
        { ...base, roles: { claim: 'scope', spaceSeparated: true, map: base.roles.map }, jwks: publicKeySet([key]) },
        {
          keys: {
            provider: {
              ...base,
              roles: { claim: 'scope', spaceSeparated: true, map: { [roles.user]: 'orders:own' } },
              jwks: publicKeySet([key]),
            },
            additionalKeys: { jwks: publicKeySet([own]) },
          },
          server: { settings: verboseErrors },
          tokens: { issuer: 'own', audience: 'own-shop' },
        },
      ),
    );
  });
  afterAll(() => api.stop());

  it('each issuer has its own audience, and the roles are the same', async () => {
    const exp = Math.floor(Date.now() / 1000) + 60;
    const ask = async (claims: object) =>
      (await get('/rpc/whoami', await signClaims(own, { exp, sub: 'job', ...claims }))).json();
    const scope = 'openid orders:own';
    expect(await ask({ iss: 'own', aud: 'own-shop', scope })).toMatchObject({ role: roles.user });
    expect(await ask({ iss: 'own', aud: 'shop', scope })).toMatchObject({
      details: 'the token is for another audience',
    });
    expect(await ask({ iss: 'other', aud: 'own-shop', scope })).toMatchObject({
      details: 'the token is from another issuer',
    });
    // No role that the provider could not give.
    expect(await ask({ iss: 'own', aud: 'own-shop', role: roles.admin, scope: roles.admin })).toMatchObject({
      details: 'the token names no role of this API',
    });
    expect(await asked({ scope: 'openid orders:own' })).toMatchObject([200, { role: roles.user }]);
    expect(await asked({ scope: 'openid orders:owner' })).toMatchObject([401, {}]);
  });
});
