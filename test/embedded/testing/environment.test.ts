import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import pg from 'pg';
import { declare, ownRows } from '../../../declaration/index.ts';
import type { DeclarationInput } from '../../../declaration/types.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { generateKey, publicKeySet, signToken, type SigningKey } from '../../../tokens/index.ts';
import { signClaims } from '../../support/sign-claims.ts';
import { useOwnTemporaryDirectory } from './own-temporary-directory.ts';
import { isListening, processesBelow, serverDirectories } from './traces.ts';

const temporaryDirectory = useOwnTemporaryDirectory();

const input: DeclarationInput = {
  name: 'notes',
  schemas: ['api'],
  roles: { users: ['notes_user'] },
  tables: [
    {
      name: 'notes',
      grants: [{ to: 'notes_user', select: true, insert: ['user_id', 'text'] }],
      policies: [ownRows({ to: 'notes_user', column: 'user_id', claim: 'user_id', type: 'int' })],
    },
  ],
  migrations: [{ file: '1_notes.sql', sql: 'create table api.notes (user_id int not null, text text not null)' }],
};
const seed = [
  { file: 'one.sql', sql: `insert into api.notes values (1, 'first'), (2, 'second');\nset search_path to api;` },
  { file: 'two.sql', sql: `insert into notes values (1, 'third');` },
];

async function read(api: EphemeralPostgrest, token: string): Promise<unknown> {
  const response = await fetch(`${api.url}/notes?select=text`, { headers: { Authorization: `Bearer ${token}` } });
  return response.ok ? response.json() : response.status;
}

describe('startEphemeralPostgrest', () => {
  let api: EphemeralPostgrest;

  beforeAll(async () => {
    const tokens = { issuer: 'https://issuer.example', audience: 'notes' };
    api = await startEphemeralPostgrest(declare({ ...input, tokens }), { seed });
  });
  afterAll(() => api?.stop());

  it('serves what is declared to whom it is declared for', async () => {
    expect(await read(api, await api.tokenFor('notes_user', { user_id: 1 }))).toEqual([
      { text: 'first' },
      { text: 'third' },
    ]);
    expect(await read(api, await api.tokenFor('notes_user', { user_id: 2 }))).toEqual([{ text: 'second' }]);
    expect(await read(api, await api.tokenFor('notes_user', { user_id: 3 }))).toEqual([]);
    expect((await fetch(`${api.url}/notes`)).status).toBe(401);
  });

  it('trusts its own key and the issuer and audience that are declared, and nothing else', async () => {
    const claims = { user_id: 1 };
    const own = (options: object) => api.tokenFor('notes_user', claims, options);
    expect(await read(api, await own({ issuer: 'https://other.example' }))).toBeGreaterThanOrEqual(400);
    expect(await read(api, await own({ audience: 'other' }))).toBe(401);
    expect(await read(api, await own({ now: new Date(Date.now() - 7_200_000) }))).toBe(401);
    const stranger = await signToken(await generateKey(), { role: 'notes_user', claims });
    expect(await read(api, stranger)).toBe(401);
    for (const role of ['postgres', 'notes_owner', 'notes_authenticator', 'missing']) {
      expect(await read(api, await api.tokenFor(role, claims))).toBeGreaterThanOrEqual(400);
    }
  });

  it('runs SQL as the superuser, with values', async () => {
    expect(await api.sql('select text from api.notes where user_id = $1', [2])).toEqual([{ text: 'second' }]);
    const client = new pg.Client(api.databaseUrl);
    await client.connect();
    expect((await client.query('select current_database()')).rows).toEqual([{ current_database: 'notes' }]);
    await client.end();
  });

  it('shows what the servers print, without secrets', () => {
    const { postgres, postgrest } = api.logs();
    expect(postgres).toContain('ready to accept connections');
    expect(postgrest).toMatch(/Starting PostgREST/);
    expect(postgres + postgrest).not.toContain(new URL(api.databaseUrl).password);
  });

  it('leaves nothing behind, busy or not', async () => {
    const { url, databaseUrl } = api;
    const busy = api.sql('select pg_sleep(60)').catch((error: unknown) => error);
    await api.stop();
    await api.stop();
    expect(await busy).toBeInstanceOf(Error);
    expect(await Promise.all([url, databaseUrl].map((address) => isListening(Number(new URL(address).port))))).toEqual([
      false,
      false,
    ]);
    expect(serverDirectories()).toEqual([]);
    expect(processesBelow(process.pid)).toEqual([]);
  });
});

describe('startEphemeralPostgrest, for every kind of key', () => {
  it.each(['ES256', 'RS256', 'EdDSA', 'HS256'] as const)('signs with %s where that is declared', async (algorithm) => {
    const api = await startEphemeralPostgrest(declare({ ...input, keys: { generate: algorithm } }), { seed });
    const token = await api.tokenFor('notes_user', { user_id: 2 });
    expect(JSON.parse(Buffer.from(token.split('.')[0]!, 'base64url').toString())).toMatchObject({ alg: algorithm });
    expect(await read(api, token)).toEqual([{ text: 'second' }]);
    await api.stop();
  });

  it('trusts the keys that exist already, beside its own', async () => {
    const provider = await generateKey('RS256');
    const api = await startEphemeralPostgrest(declare({ ...input, keys: { jwks: publicKeySet([provider]) } }), {
      seed,
    });
    const options = { role: 'notes_user', claims: { user_id: 2 } };
    expect(await read(api, await signToken(provider, options))).toEqual([{ text: 'second' }]);
    expect(await read(api, await api.tokenFor('notes_user', { user_id: 2 }))).toEqual([{ text: 'second' }]);
    await api.stop();
  });

  it.each([
    ['of a file', undefined],
    ['of a file in base64', 'base64'],
    ['of a file in base64url', 'base64url'],
  ] as const)('trusts the secret %s, beside its own key', async (_, encoding) => {
    const secretFile = join(temporaryDirectory(), 'secret');
    // From 13 on, PostgREST rejects a token that names a key where the secret has no name.
    const k = randomBytes(32);
    const key: SigningKey = { kty: 'oct', k: k.toString('base64url'), alg: 'HS256', use: 'sig' };
    writeFileSync(secretFile, encoding ? `${k.toString(encoding)}\n` : k, { mode: 0o600 });
    const isBase64 = encoding !== undefined;
    const api = await startEphemeralPostgrest(declare({ ...input, keys: { secretFile, isBase64 } }), { seed });
    const token = await signClaims(key, { role: 'notes_user', user_id: 2, exp: 4e9 });
    expect(await read(api, token)).toEqual([{ text: 'second' }]);
    expect(await read(api, await api.tokenFor('notes_user', { user_id: 2 }))).toEqual([{ text: 'second' }]);
    await api.stop();
  });
});

describe('startEphemeralPostgrest, when something fails', () => {
  it.each([
    ['the seed', {}, [{ file: 'seed.sql', sql: 'select 1;\n\nselect missing;' }], 'invalid_sql', 'seed.sql:3'],
    ['a migration', { migrations: [{ file: '1.sql', sql: 'select missing' }] }, [], 'migration_failed', '1.sql'],
    ['the server', { server: { settings: { 'db-tx-end': 'maybe' } } }, [], 'start_failed', 'postgrest: exited'],
  ])('says that it is %s, and leaves nothing behind', async (_, changes, brokenSeed, code, message) => {
    await expect(
      startEphemeralPostgrest(declare({ ...input, ...changes }), { seed: brokenSeed }),
    ).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as unknown,
    });
    expect(serverDirectories()).toEqual([]);
    expect(processesBelow(process.pid)).toEqual([]);
  });
});
