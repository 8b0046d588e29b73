import { setTimeout as sleep } from 'node:timers/promises';
import { importJWK, SignJWT, type JWK } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { declare, ownRows, type DeclarationInput } from '../../../declaration/index.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { generateKey, publicKeySet, readToken, type PrivateKey } from '../../../tokens/index.ts';
import { since13, verboseErrors } from '../../support/embedded-postgrest.ts';

const input: DeclarationInput = {
  name: 'notes',
  schemas: ['api'],
  roles: { anonymous: 'notes_anon', users: ['notes_user'] },
  migrations: [
    {
      file: '1.sql',
      sql: `CREATE TABLE api.notes (user_id text);
        CREATE TABLE api.staff (user_id text, note text, PRIMARY KEY (user_id));
        INSERT INTO api.staff VALUES ('zoe'), ('max'), ('eve');`,
    },
  ],
  tables: [
    {
      name: 'notes',
      grants: [{ to: 'notes_user', select: true }],
      policies: [ownRows({ to: 'notes_user', column: 'user_id', claim: 'user_id', type: 'text' })],
    },
  ],
  server: { settings: verboseErrors },
  tokens: { revocation: { subject: 'user_id', revokeOnChange: [{ table: 'staff', column: 'user_id' }] } },
};

let key: PrivateKey;
let api: EphemeralPostgrest;
beforeAll(async () => {
  key = await generateKey();
  const jwks = { keys: publicKeySet([key]).keys };
  api = await startEphemeralPostgrest(declare({ ...input, keys: { jwks } }));
});
afterAll(() => api?.stop());

const now = () => Date.now() / 1000;

/** Whatever claims: also those that `signToken` refuses. */
async function sign(claims: Record<string, unknown>): Promise<string> {
  const whole = { role: 'notes_user', user_id: 'ann', jti: 'one', iat: Math.floor(now()), exp: 4e9, ...claims };
  return new SignJWT(whole).setProtectedHeader({ alg: key.alg }).sign(await importJWK(key as JWK, key.alg));
}

async function ask(token?: string): Promise<{ status: number; detail?: string }> {
  const headers: Record<string, string> = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const response = await fetch(`${api.url}/notes`, { headers });
  if (response.ok) return { status: response.status };
  const { details } = (await response.json()) as { details: string };
  return { status: response.status, detail: details };
}

const OK = { status: 200 };
const REVOKED = { status: 401, detail: 'the token is revoked' };
const revokeSubject = (subject: string) => api.sql('SELECT notes_private.revoke_subject($1)', [subject]);

describe('one token', () => {
  it('is refused from when it is revoked, and others of the same subject pass', async () => {
    const [one, other] = [await sign({ jti: 'a' }), await sign({ jti: 'b' })];
    expect([await ask(one), await ask(other)]).toEqual([OK, OK]);
    await api.sql(`SELECT notes_private.revoke_token('a', to_timestamp(4e9))`);
    expect([await ask(one), await ask(other)]).toEqual([REVOKED, OK]);
    expect(await ask(await sign({ jti: 'A' }))).toEqual(OK);
  });

  it('stays revoked as long as any of the times that were given', async () => {
    await api.sql(`SELECT notes_private.revoke_token('c'); SELECT notes_private.revoke_token('c', '2000-01-01')`);
    expect(await ask(await sign({ jti: 'c' }))).toEqual(REVOKED);
  });

  it('leaves the list a while after it has expired, when another is revoked, a hundred at a time', async () => {
    const expired = () =>
      api.sql(`SELECT jti FROM notes_private.revoked_tokens WHERE expires_at < now() ORDER BY expires_at, jti`);
    await api.sql(`INSERT INTO notes_private.revoked_tokens
      SELECT 'old ' || n, now() - interval '1 day' + n * interval '1 second' FROM generate_series(1, 150) AS n
      UNION ALL VALUES ('just expired', now() - interval '20 seconds')`);
    await api.sql(`SELECT notes_private.revoke_token('d', to_timestamp(4e9))`);
    expect(await expired()).toHaveLength(51);
    await api.sql(`SELECT notes_private.revoke_token('e', to_timestamp(4e9))`);
    expect(await expired()).toEqual([{ jti: 'just expired' }]);
    expect(await ask(await sign({ jti: 'a' }))).toEqual(REVOKED);
  });
});

describe('what no index could hold', () => {
  it.each([
    ['jti', 'jti'],
    ['user_id', 'user_id'],
  ])('is refused as %s', async (name, claim) => {
    expect(await ask(await sign({ [claim]: 'x'.repeat(1000) }))).toEqual(OK);
    expect(await ask(await sign({ [claim]: 'x'.repeat(1001) }))).toEqual({
      status: 401,
      detail: `the claim "${name}" is too long`,
    });
  });
});

it('a subject in which PostgREST 12 hides a password is refused: who it was cannot be told', async () => {
  const problem = { status: 401, detail: 'the claim "sub" has credentials in it' };
  expect(await ask(await sign({ sub: 'x://user:secret@host' }))).toEqual(since13<unknown>(problem, OK));
  expect(await ask(await sign({ sub: 'x://user:...@host' }))).toEqual(problem);
  expect(await ask(await sign({ sub: 'x://user@host' }))).toEqual(OK);
});

describe('a subject', () => {
  it('is refused with what was issued until then, in the same second too, and served again within a second', async () => {
    const old = await sign({ user_id: 'bob', iat: Math.floor(now()) - 60 });
    const current = await sign({ user_id: 'bob' });
    expect([await ask(old), await ask(current)]).toEqual([OK, OK]);
    await revokeSubject('bob');
    expect([await ask(old), await ask(current)]).toEqual([REVOKED, REVOKED]);
    await sleep(1000);
    expect(await ask(await sign({ user_id: 'bob' }))).toEqual(OK);
    expect([await ask(old), await ask(current)]).toEqual([REVOKED, REVOKED]);
    expect(await ask(await sign({ user_id: 'ann', iat: Math.floor(now()) - 60 }))).toEqual(OK);
  });

  it.each([
    ['the very second', 1000, '1970-01-01 00:16:40.5Z', REVOKED],
    ['a whole second', 1000, '1970-01-01 00:16:40Z', REVOKED],
    ['the next', 1001, '1970-01-01 00:16:40.999999Z', OK],
    ['before 1970', -1e300, '2000-01-01', REVOKED],
    ['for ever', 1000, 'infinity', REVOKED],
    ['never', 1000, '-infinity', OK],
  ])('%s', async (name, iat, validAfter, expected) => {
    await api.sql('INSERT INTO notes_private.tokens_valid_after VALUES ($1, $2)', [name, validAfter]);
    expect(await ask(await sign({ user_id: name, iat }))).toEqual(expected);
  });

  it('may be a number', async () => {
    const token = await sign({ user_id: 7 });
    expect(await ask(token)).toEqual(OK);
    await revokeSubject('7');
    expect(await ask(token)).toEqual(REVOKED);
  });

  it('is revoked when a row that names it changes or goes, but not by one that stays as it is', async () => {
    const tokens = await Promise.all(['zoe', 'max', 'eve'].map((user_id) => sign({ user_id })));
    // Signed before the change as well: one of the next second would pass.
    const ofNewName = await sign({ user_id: 'max2' });
    const answers = () => Promise.all(tokens.map(ask));
    await api.sql(`UPDATE api.staff SET note = note; INSERT INTO api.staff VALUES ('ann')`);
    expect(await answers()).toEqual([OK, OK, OK]);
    await api.sql(
      `UPDATE api.staff SET user_id = 'max2' WHERE user_id = 'max'; DELETE FROM api.staff WHERE user_id = 'zoe'`,
    );
    expect(await answers()).toEqual([REVOKED, REVOKED, OK]);
    expect(await ask(ofNewName)).toEqual(REVOKED);
    await api.sql(`UPDATE api.staff SET note = 'promoted'`);
    expect(await answers()).toEqual([REVOKED, REVOKED, REVOKED]);
  });
});

describe('a token that could not be revoked', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['no jti', { jti: undefined }, 'the claim "jti" is missing'],
    ['a jti that is null', { jti: null }, 'the claim "jti" is missing'],
    ['no iat', { iat: undefined }, 'the claim "iat" is missing'],
    ['no subject', { user_id: undefined }, 'the claim "user_id" is missing'],
    ['a list as subject', { user_id: ['ann'] }, 'the claim "user_id" is neither a text nor a number'],
    ['a truth as subject', { user_id: true }, 'the claim "user_id" is neither a text nor a number'],
  ])('%s', async (_, claims, detail) => {
    expect(await ask(await sign(claims))).toEqual({ status: 401, detail });
  });

  it.each<[string, Record<string, unknown>, ours: string]>([
    ['a number as jti', { jti: 7 }, 'the claim "jti" is no text'],
    ['an iat far in the future', { iat: 1e300 }, 'the token was issued in the future'],
  ])('PostgREST 12 itself refuses %s, and our own check where later versions do not', async (_, claims, ours) => {
    expect(await ask(await sign(claims))).toEqual({ status: 401, detail: since13(null, ours) });
  });

  it.each<[string, Record<string, unknown>]>([
    ['a text as iat', { iat: '1000' }],
    ['NaN, which JSON does not have, as iat', { iat: 'NaN' }],
    ['an object as iat', { iat: {} }],
    ['an iat in two minutes', { iat: Math.floor(now()) + 120 }],
  ])('PostgREST itself refuses %s', async (_, claims) => {
    expect(await ask(await sign(claims))).toEqual({ status: 401, detail: null });
  });
});

it('requests without a token, and tokens of an environment, are served as before', async () => {
  expect(await ask()).toMatchObject({ status: 401, detail: null });
  await using other = await startEphemeralPostgrest(declare({ ...input, tokens: { revocation: {} } }));
  const { sub, jti, iat } = readToken(await other.tokenFor('notes_user', { user_id: 'ann' })).claims;
  expect([sub, typeof jti, typeof iat]).toEqual(['sample', 'string', 'number']);
  expect((await (await other.as('notes_user', { user_id: 'ann' })).fetch('/notes')).status).toBe(200);
  const read = (await other.access()).relations[0]?.cells.find(
    ({ subject, command }) => subject === 'notes_user' && command === 'select',
  );
  expect(read?.reach).toMatchObject({ columns: ['user_id'] });
});
