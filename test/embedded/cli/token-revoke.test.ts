import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { declare } from '../../../declaration/index.ts';
import { useCluster, type TestDatabase } from '../../support/database.ts';
import { notesInput } from '../../support/notes.ts';
import { databaseUrl } from '../../../testing/servers/database-url.ts';
import { run, runWith } from '../../support/run-cli.ts';

const cluster = useCluster();
let database: TestDatabase;
let directory: string;
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'revoke-'));
  database = await cluster.database('database owner');
  await database.apply(declare(on()));
  writeFileSync(join(directory, 'password'), database.admin.password, { mode: 0o600 });
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const on = () => notesInput(database.name, { tokens: { revocation: { subject: 'user_id' } } });

function revoke(input: object, ...args: string[]): ReturnType<typeof run> {
  const { host, port, user } = database.admin;
  const file = join(directory, 'declaration.json');
  writeFileSync(file, JSON.stringify(input));
  const connection = { host, port, database: database.name, user, 'password-file': join(directory, 'password') };
  const options = Object.entries(connection).flatMap(([name, value]) => [`--${name}`, String(value)]);
  return run('token', 'revoke', file, ...options, ...args);
}

it('revokes a token, and those of a subject', async () => {
  const jti = `it's "one"`;
  expect(await revoke(on(), '--jti', jti, '--expires-at', '2096-01-31T12:00:00Z')).toEqual({
    code: 0,
    stdout: `revoked: the token ${jti}\n`,
    stderr: '',
  });
  expect(await revoke(on(), '--jti', 'two')).toMatchObject({ code: 0 });
  expect(await revoke(on(), '--subject', '7')).toEqual({
    code: 0,
    stdout: 'revoked: tokens about 7 that were issued until now\n',
    stderr: '',
  });
  const own = `${database.name}_private`;
  expect(
    await database.sql(`SELECT jti, extract(epoch FROM expires_at)::text AS at FROM ${own}.revoked_tokens`),
  ).toEqual([
    { jti, at: String(Date.UTC(2096, 0, 31, 12) / 1000) + '.000000' },
    { jti: 'two', at: 'Infinity' },
  ]);
  const [found] = await database.sql(
    `SELECT subject, now() - valid_after < '1 minute' AS fresh FROM ${own}.tokens_valid_after`,
  );
  expect(found).toEqual({ subject: '7', fresh: true });
});

it('finds the database by DATABASE_URL, and says where none is named', async () => {
  const file = join(directory, 'declaration.json');
  writeFileSync(file, JSON.stringify(on()));
  const args = ['token', 'revoke', file, '--jti', 'three'];
  expect((await run(...args)).stderr).toMatch(/ token revoke: it is not said which database; .*\[invalid_prop\]/);
  expect(await runWith({ DATABASE_URL: databaseUrl(database.admin) }, ...args)).toMatchObject({
    code: 0,
    stdout: 'revoked: the token three\n',
  });
  const { host, port, user, password, database: name } = database.admin;
  const uri = `postgresql://${user}@${host}:${port}/${name}`;
  expect(await runWith({ PGPASSWORD: password }, 'token', 'revoke', file, uri, '--jti', 'four')).toMatchObject({
    code: 0,
  });
});

it('revokes a subject in each spelling that the policies take for the same', async () => {
  expect(await revoke(on(), '--subject', ' 07.0')).toMatchObject({ code: 0 });
  const names = await database.sql(`SELECT subject FROM ${database.name}_private.tokens_valid_after ORDER BY 1`);
  expect(names).toEqual([{ subject: ' 07.0' }, { subject: '7' }]);
});

it.each([
  ['nothing to revoke', [], /name the token with --jti/],
  ['both', ['--jti', 'a', '--subject', 'b'], /conflict|cannot be used/],
  ['a time for a subject', ['--expires-at', '2096-01-31', '--subject', 'b'], /cannot be used/],
  ['an empty name', ['--jti', ''], /tokenId: it is empty, .*\[invalid_prop\]/],
  ['an empty subject', ['--subject', ''], /subject: it is empty, .*\[invalid_prop\]/],
  ['a subject that is too long', ['--subject', 'ü'.repeat(501)], /subject: it has 1002 bytes, .*\[invalid_prop\]/],
  [
    'a time that has passed',
    ['--jti', 'a', '--expires-at', '2020-01-31'],
    /--expires-at: 2020-01-31T00:00:00.000Z has passed/,
  ],
  ['a time that is none', ['--jti', 'a', '--expires-at', 'noon'], /2027-01-31T12:00:00Z/],
])('refuses %s', async (_, args, message) => {
  const { code, stdout, stderr } = await revoke(on(), ...args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(message);
});

it('says where revocation is off, or the database does not know of it yet', async () => {
  const off = notesInput(database.name);
  expect((await revoke(off, '--jti', 'a')).stderr).toMatch(/has no tokens\.revocation; .* \[revocation_off\]/);
  const elsewhere = { ...on(), privateSchema: 'elsewhere' };
  expect((await revoke(elsewhere, '--jti', 'a')).stderr).toMatch(
    /"elsewhere" does not exist; apply .* \[access_sql_failed\]/,
  );
});
