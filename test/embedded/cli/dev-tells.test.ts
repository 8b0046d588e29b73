import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { compiled } from '../../support/compiled.ts';
import { connect } from '../../../postgres/connect.ts';
import { connectionOf } from '../../support/connection-of.ts';
import { childrenOf, dev, expectGone, type DevProgram } from './dev-program.ts';
import { useOwnTemporaryDirectory } from '../testing/own-temporary-directory.ts';

const temporaryDirectory = useOwnTemporaryDirectory();

const project = {
  'package.json': '{ "type": "module" }',
  'declaration.ts': `
    import { declare, migrationsFrom, ownRows } from '${compiled('declaration/index.js')}';
    export default declare({
      name: 'notes',
      schemas: ['api'],
      roles: { anonymous: 'notes_anon', users: ['notes_user'] },
      migrations: migrationsFrom(new URL('migrations', import.meta.url)),
      tables: [
        {
          name: 'notes',
          grants: [{ to: 'notes_user', select: true, insert: true }],
          policies: [ownRows({ to: 'notes_user', column: 'owner', claim: 'user_id', type: 'int' })],
        },
      ],
    });`,
  'seed.sql': `INSERT INTO notes VALUES (1, 'mine')`,
  'migrations/001.sql': `
    CREATE TABLE notes (owner int, title text);
    CREATE TABLE drafts (title text);
    CREATE FUNCTION publish() RETURNS void LANGUAGE sql AS '';
    CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';`,
  'migrations/002.sql': 'CREATE TABLE later (id int)',
};

let directory: string;
let run: DevProgram;

function save(file: string, text: string) {
  const path = join(directory, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}~`, text);
  renameSync(`${path}~`, path);
}

beforeAll(async () => {
  directory = mkdtempSync(join(temporaryDirectory(), 'project '));
  for (const [file, text] of Object.entries(project)) save(file, text);
  run = await dev([join(directory, 'declaration.ts'), '--no-explorer', '--tokens'], {
    temporaryDirectory: temporaryDirectory(),
  });
});
afterAll(async () => {
  const children = childrenOf(run);
  run.child.kill('SIGINT');
  expect(await run.ended).toEqual([0, null]);
  await expectGone(run, children, temporaryDirectory());
});

it('tables and functions that are not declared, and a missing index', async () => {
  const lines = [
    'closed: api.drafts is not declared; add it to `tables` to open it\n',
    'closed: api.later is not declared; add it to `tables` to open it\n',
    'closed: api.publish() is not declared; add it to `functions` to let a role call it\n',
    'warning: missing_index: api.notes.owner is compared by a policy and has no index',
  ];
  for (const line of lines) await expect.poll(() => run.printed.out).toContain(line);
  expect(run.printed.out).not.toContain('stamp');
});

it('requests that are rejected, with the grant or the policy that is missing', async () => {
  const [, token = ''] = /\n {4}(eyJ\S+)\n/.exec(run.printed.out) ?? [];
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
  const ask = (path: string, options: RequestInit = {}) => fetch(run.url() + path, options);

  expect((await ask('/notes?select=title')).status).toBe(401);
  await run.says(
    'rejected: notes_anon, GET /notes?select=title: 401, permission denied for table notes\n' +
      '  notes_anon has no grant to select api.notes\n' +
      `  more: npx secured-postgrest access why none 'GET /notes?select=title' --declaration '${join(directory, 'declaration.ts')}'\n` +
      '`access why` asks this database: export DATABASE_URL=<database, as its admin>\n',
  );
  expect((await ask('/notes?owner=eq.1', { method: 'DELETE', headers })).status).toBe(403);
  await run.says('  notes_user has no grant to delete api.notes\n');
  expect((await ask('/drafts', { headers })).status).toBe(403);
  await run.says('  drafts is not declared, so no role may use it\n');
  expect((await ask('/rpc/publish', { method: 'POST', headers })).status).toBe(404);
  await run.says('  function publish is not declared, so no role may call it\n');
  expect((await ask('/notes', { method: 'POST', headers, body: '{"owner": 2}' })).status).toBe(403);
  await run.says(
    'rejected: notes_user, POST /notes: 403, new row violates row-level security policy for table "notes"\n' +
      '  notes_user may insert only rows of api.notes that a policy allows: "own_rows_insert_notes_user": own-rows (owner by the claim user_id)\n' +
      `  more: npx secured-postgrest access why notes_user 'POST /notes' --claims '{"user_id":1}' --data '<body>' --declaration `,
  );
  expect((await ask('/notes', { headers: { Authorization: 'Bearer x' } })).status).toBe(401);
  await run.says('  PostgREST rejected the token; its answer says why\n');
});

it('the policy that hides rows, without their content, once for each role and table', async () => {
  const [, token = ''] = /\n {4}(eyJ\S+)\n/.exec(run.printed.out) ?? [];
  const [, url = ''] = /database, as its admin: (\S+)/.exec(run.printed.out) ?? [];
  const client = await connect(connectionOf(url));
  await client.query(`INSERT INTO api.notes VALUES (2, 'a secret of another user')`);
  await client.end();
  const ask = (path: string) => fetch(run.url() + path, { headers: { Authorization: `Bearer ${token}` } });
  expect(await (await ask('/notes?select=title')).json()).toEqual([{ title: 'mine' }]);
  await run.says(
    'hidden: notes_user, GET /notes?select=title: policies hide 1 of 2 rows of api.notes: "own_rows_select_notes_user" ' +
      `(with the sample claims {"user_id":1})\n  more: npx secured-postgrest access why notes_user 'GET /notes?select=title' --claims '{"user_id":1}' --declaration `,
  );
  await ask('/notes?select=owner');
  expect(run.printed.out.match(/^hidden: /gm)).toHaveLength(1);
  expect(run.printed.out).not.toContain('a secret of another user');
});

it('a rejection once, until something is changed', async () => {
  const before = run.printed.out;
  await fetch(`${run.url()}/notes?select=title`);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(run.printed.out).toBe(before);
});

it('what is closed from now on, and nothing of what was closed before', async () => {
  const before = run.printed.out;
  save('migrations/003.sql', 'CREATE TABLE newest (id int); CREATE INDEX ON notes (owner)');
  await run.says(/applied: 1 migration.*\nclosed: api\.newest is not declared; .*\n/);
  expect(run.printed.out.replace(before, '')).not.toMatch(/api\.drafts|missing_index/);
});

it('a migration that was removed', async () => {
  rmSync(join(directory, 'migrations/003.sql'));
  await run.says(/warning: .*003\.sql was removed, and what it made stays; start again to be without it\n/);
});
