import { beforeAll, describe, expect, it } from 'vitest';
import { declare, type ClaimPath, type Declaration } from '../../../declaration/index.ts';
import { examineToken, generateKey, publicKeySet, signToken, type PrivateKey } from '../../../tokens/index.ts';

const now = new Date('2026-11-24T12:00:00Z');
const input = { name: 'notes', schemas: ['api'], roles: { anonymous: 'reader', users: ['writer'] } };
const declaration = declare(input);
let key: PrivateKey;
beforeAll(async () => {
  key = await generateKey();
});

const sign = (options: object = {}, by = key) => signToken(by, { role: 'writer', now, ...options });
const examine = (token: string, of: Declaration = declaration, version = '12.0.2') =>
  examineToken(token, of, publicKeySet([key]), { now, version });
const reasons = async (...args: Parameters<typeof examine>) =>
  (await examine(...args)).problems.map(({ problem }) => problem);

// What PostgREST makes of hundreds of odd tokens, and that this says the same: test/embedded/hostile/tokens.test.ts.
describe('examineToken', () => {
  it('tells the role, header and claims of a good token', async () => {
    const { role, header, claims, problems } = await examine(await sign({ claims: { user_id: 1 } }));
    expect({ role, problems }).toEqual({ role: 'writer', problems: [] });
    expect(header).toMatchObject({ kid: key.kid });
    expect(claims).toMatchObject({ user_id: 1 });
  });

  it.each([
    [
      'expired',
      { now: new Date(now.getTime() - 7_200_000), expiresIn: 3600 },
      'it expired 1 hour ago (2026-11-24T11:00:00.000Z)',
    ],
    [
      'not valid yet',
      { notBefore: new Date('2026-11-26T12:00:01Z') },
      'it counts only from 2026-11-26T12:00:01.000Z on, in 2 days',
    ],
    [
      'issued in the future',
      { now: new Date('2026-11-24T12:05:00Z') },
      'it was issued in the future (2026-11-24T12:05:00.000Z)',
    ],
    ['for nobody', { role: 'postgres' }, 'the role "postgres" is not declared'],
  ])('says why: %s', async (_, options, reason) => {
    expect(await reasons(await sign(options))).toEqual([reason]);
  });

  it('forgives clocks 30 seconds', async () => {
    const old = (seconds: number) => sign({ now: new Date(now.getTime() - seconds * 1000), expiresIn: 1 });
    expect(await reasons(await old(30))).toEqual([]);
    expect(await reasons(await old(31))).toEqual(['it expired 30 seconds ago (2026-11-24T11:59:30.000Z)']);
  });

  it('says all of what the declaration wants', async () => {
    const tokens = { issuer: 'https://id.example', audience: 'notes', requiredClaims: ['exp', 'sub'] };
    const strict = declare({ ...input, tokens });
    expect(await reasons(await sign({ audience: ['a', 'b'] }), strict)).toEqual([
      'the claim "sub" is missing',
      'its issuer is none, not "https://id.example"',
      'it is for ["a","b"], not for "notes"',
    ]);
    const good = { issuer: 'https://id.example', audience: ['a', 'notes'], subject: 'ann' };
    expect(await reasons(await sign(good), strict)).toEqual([]);
  });

  it('says what a revocation would miss', async () => {
    const revoking = (subject: ClaimPath) => declare({ ...input, tokens: { revocation: { subject } } });
    const nested = revoking(['app', 'user']);
    expect(await reasons(await sign({ subject: 'ann' }), revoking('sub'))).toEqual([]);
    expect(await reasons(await sign({ claims: { app: { user: 7 } } }), nested)).toEqual([]);
    expect(await reasons(await sign(), revoking('sub'))).toEqual(['the claim "sub" is missing']);
    for (const app of [undefined, 1, null, [], { user: null }]) {
      const claims = app === undefined ? {} : { app };
      expect(await reasons(await sign({ claims }), nested)).toEqual(['the claim "app.user" is missing']);
    }
    expect(await reasons(await sign({ claims: { app: { user: [1] } }, tokenId: 7 }), nested)).toEqual([
      'jti 7 is no text',
      'app.user [1] is neither a text nor a number',
    ]);
    const bare = [(await sign()).split('.')[0], Buffer.from('{"role":"writer"}').toString('base64url'), 'AAAA'].join(
      '.',
    );
    expect(await reasons(bare, revoking('sub'))).toEqual([
      'none of the 1 trusted keys has made its signature',
      ...['exp', 'iat', 'jti', 'sub'].map((claim) => `the claim "${claim}" is missing`),
    ]);
  });

  it('takes the kid seriously where PostgREST does', async () => {
    const token = await sign({}, { ...key, kid: 'another' });
    expect(await reasons(token)).toEqual([]);
    expect(await reasons(token, declaration, '13.0.0')).toEqual([
      `its key "another" is none of the trusted ones ("${key.kid}")`,
    ]);
  });

  it('tells another key from another signature', async () => {
    expect(await reasons(await sign({}, await generateKey()))).toEqual([expect.stringMatching(/^its key "/)]);
    const forged = await sign({}, { ...(await generateKey()), kid: key.kid });
    expect(await reasons(forged)).toEqual(['none of the 1 trusted keys has made its signature']);
  });

  it('has an anonymous role for a token without one, where there is such a role', async () => {
    const token = await sign();
    const bare = [token.split('.')[0], Buffer.from('{"exp":4000000000}').toString('base64url'), 'AAAA'].join('.');
    const withoutAnonymous = declare({ ...input, roles: { users: ['writer'] } });
    expect((await examine(bare)).problems.map(({ code }) => code)).toEqual(['wrong_signature']);
    expect((await examine(bare, withoutAnonymous)).problems.map(({ code }) => code)).toEqual([
      'wrong_signature',
      'no_anonymous_role',
    ]);
  });

  it.each([
    ['no token', 'Bearer', 'it has 1 part, not 3'],
    ['quotes', '"a.b.c"', 'a part of it is not base64url'],
    ['a cut end', 'AAAA.AAAA.A', 'a part of it is not base64url'],
    ['no JSON', 'AAAA.AAAA.AAAA', 'its header is no JSON object'],
    ['too much', `a.${'b'.repeat(50_000)}.c`, 'its 50004 characters do not fit the header of a request'],
  ])('says why: %s', async (_, token, reason) => {
    expect((await reasons(token))[0]).toBe(reason);
  });
});
