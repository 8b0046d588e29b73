import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serverSettings } from '../../../compile/server/settings.ts';
import type { Declaration } from '../../../declaration/types.ts';
import {
  startEphemeralPostgrest,
  startPostgrest,
  type EphemeralPostgrest,
  type RunningPostgrest,
} from '../../../testing/index.ts';
import { homeOf } from '../../../testing/client.ts';
import { databaseUrl } from '../../../testing/servers/database-url.ts';
import { postgrestBinary } from '../../../testing/servers/postgrest-binary.ts';
import { generateKey, publicKeySet, signToken, type SigningKey } from '../../../tokens/index.ts';
import { notes, notesInput, notesMigration } from '../../support/notes.ts';
import { run, runWith } from '../../support/run-cli.ts';
import { declare } from '../../../declaration/index.ts';

const PREFIX = 'served';
let directory: string;
let environment: EphemeralPostgrest;
let servers: RunningPostgrest[];
let key: SigningKey;

const file = (name: string, content: string) => {
  const path = join(directory, name);
  writeFileSync(path, content, { mode: 0o600 });
  return path;
};

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'apply-'));
  key = await generateKey();
  environment = await startEphemeralPostgrest(notes(PREFIX));
  const { version } = await postgrestBinary();
  const { connection } = homeOf(await environment.as())!;
  const env = serverSettings(environment.declaration, {
    databaseUri: `@${file('database-uri', databaseUrl(connection))}`,
    jwtSecret: `@${file('jwks.json', JSON.stringify(publicKeySet([key])))}`,
    port: 3000,
    adminPort: 3001,
    version,
  });
  servers = await Promise.all([startPostgrest({ env }), startPostgrest({ env })]);
});
afterAll(async () => {
  await Promise.all(servers.map((server) => server.stop()));
  await environment.stop();
  rmSync(directory, { recursive: true });
});

function apply(declaration: Declaration) {
  const { hostname, port, username, password, pathname } = new URL(environment.databaseUrl);
  return run(
    ...['apply', '--declaration', file('declaration.json', JSON.stringify(declaration))],
    ...['--host', hostname, '--port', port, '--user', username, '--database', pathname.slice(1)],
    ...['--password-file', file('admin-password', decodeURIComponent(password))],
  );
}

it('apply lists its SQL, and ends when each server has the new schema', async () => {
  const declared = (columns: number) => {
    const added = Array.from({ length: columns }, (_, n) => ({
      file: `migrations/1${n}.sql`,
      sql: `ALTER TABLE api.notes ADD COLUMN added_${n} int`,
    }));
    return declare({ ...notesInput(PREFIX), migrations: [notesMigration, ...added] });
  };
  const token = await signToken(key, { role: `${PREFIX}_user`, claims: { user_id: 1 } });
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  for (const columns of [1, 2, 3]) {
    const { code, stdout, stderr } = await apply(declared(columns));
    const answers = await Promise.all(
      servers.map(async ({ url }) => {
        // The schema's part comes first: a column that the server does not know is PGRST204.
        const answer = await fetch(`${url}/notes?columns=added_${columns - 1}`, {
          method: 'POST',
          headers,
          body: '[]',
        });
        return (await answer.text()).includes('PGRST204');
      }),
    );
    expect({ code, stderr, answers }).toEqual({ code: 0, stderr: '', answers: [false, false] });
    expect(stdout).toContain(`migrated migrations/1${columns - 1}.sql\n`);
    expect(stdout).not.toContain('warning');
  }
  expect((await apply(declared(3))).stdout).toBe('access is as declared\n');
});

it('apply and diff find the database as audit does: by a URI, by options, by a variable', async () => {
  const declaration = notes(PREFIX, { migrations: [notesMigration, { file: 'migrations/90.sql', sql: 'SELECT 1' }] });
  const path = file('named.json', JSON.stringify(declaration));
  const uri = new URL(environment.databaseUrl);
  const password = decodeURIComponent(uri.password);
  uri.password = '';
  const secret = await run('diff', path, environment.databaseUrl);
  expect(secret).toMatchObject({ code: 1, stdout: '' });
  expect(secret.stderr).not.toContain(password);
  expect(await run('diff', path)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('which database') as string,
  });

  const elsewhere = await runWith({ PGPASSWORD: password }, 'diff', path, uri.href.replace(/[^/]+$/, 'none'));
  expect(elsewhere.stderr).toContain('database "none" does not exist; check its name [database_unreachable]');

  const before = await runWith({ PGPASSWORD: password }, 'diff', path, uri.href);
  expect(before).toMatchObject({
    code: 2,
    stdout: expect.stringContaining('-- migration migrations/90.sql') as string,
  });
  const applied = await runWith({ DATABASE_URL: environment.databaseUrl }, 'apply', path);
  expect(applied).toMatchObject({ code: 0, stdout: expect.stringContaining('migrated migrations/90.sql') as string });
  const named = ['--password-file', file('admin-password', password)];
  expect(await run('diff', uri.href, '--declaration', path, ...named)).toEqual({
    code: 0,
    stdout: '-- no difference\n',
    stderr: '',
  });
});
