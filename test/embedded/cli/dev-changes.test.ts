import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { compiled } from '../../support/compiled.ts';
import { sample } from '../../support/fuzz.ts';
import { pollDuring } from '../../support/poll.ts';
import { childrenOf, dev, expectGone, type DevProgram } from './dev-program.ts';
import { useOwnTemporaryDirectory } from '../testing/own-temporary-directory.ts';

const temporaryDirectory = useOwnTemporaryDirectory();

/** Notes that everyone reads as far as a policy says; roles and migrations lie elsewhere. */
const project = {
  'api/declaration.ts': `
    import { custom, declare, migrationsFrom, sqlFile } from '${compiled('declaration/index.js')}';
    import { reader } from '../shared/roles.ts';
    export default declare({
      name: 'notes',
      schemas: ['api'],
      roles: { anonymous: reader, users: ['notes_user'] },
      migrations: migrationsFrom(new URL('../database/migrations', import.meta.url)),
      tables: [
        {
          name: 'notes',
          grants: [{ to: reader, select: ['title'] }],
          policies: [custom({ to: reader, using: sqlFile(new URL('policies/read.sql', import.meta.url)) })],
        },
      ],
    });`,
  'shared/roles.ts': `export const reader = 'notes_anon';`,
  'shared/package.json': '{ "type": "module" }',
  'api/package.json': '{ "type": "module" }',
  'api/policies/read.sql': 'public',
  'api/seed.sql': `INSERT INTO api.notes VALUES ('open', true, 1), ('secret', false, 2)`,
  'data/seed.sql': `INSERT INTO api.notes VALUES ('mine', true, 1)`,
  'database/migrations/001.sql': 'CREATE TABLE notes (title text, public boolean, level int)',
};
type File = keyof typeof project;

let directory: string;
let run: DevProgram;

const path = (file: string) => join(directory, file);
function write(file: string, text: string) {
  mkdirSync(dirname(path(file)), { recursive: true });
  writeFileSync(path(file), text);
}
/** As editors do that never have half a file. */
function save(file: string, text: string) {
  write(`${file}.saving~`, text);
  renameSync(path(`${file}.saving~`), path(file));
}
const edit = (file: File, from: string, to: string) => save(file, project[file].replace(from, to));

async function titles() {
  const rows = (await (await fetch(`${run.url()}/notes?select=title&order=title`)).json()) as { title: string }[];
  return rows.map(({ title }) => title);
}

async function start(...args: string[]) {
  directory = mkdtempSync(join(temporaryDirectory(), 'project '));
  for (const [file, text] of Object.entries(project)) write(file, text);
  run = await dev(
    [path('api/declaration.ts'), '--no-explorer', ...args.map((arg) => arg.replace('DIRECTORY', directory))],
    {
      temporaryDirectory: temporaryDirectory(),
    },
  );
}

async function stop() {
  const children = childrenOf(run);
  run.child.kill('SIGINT');
  expect(await run.ended).toEqual([0, null]);
  await expectGone(run, children, temporaryDirectory());
}

let seeds = 0;

/** All files as they were, and the data too: with another seed, which comes last, the database is made anew. */
async function reset() {
  rmSync(path('database'), { recursive: true });
  for (const [file, text] of Object.entries(project)) if (file !== 'api/seed.sql') save(file, text);
  await new Promise((resolve) => setTimeout(resolve, 300));
  save('api/seed.sql', `${project['api/seed.sql']} -- ${++seeds}`);
  await run.says(/rebuilt with the seed \(the seed was changed\).*\n/);
}

describe('secured-postgrest dev applies a change of', () => {
  beforeAll(() => start());
  afterEach(reset);
  afterAll(stop);

  it('a policy, and nobody sees more than before or after', async () => {
    const probe = { name: 'notes', url: `${run.url()}/notes?select=title&order=title` };
    const open = '200 [{"title":"open"}]';
    const none = '200 []';
    const { answers } = await pollDuring(
      [probe],
      (async () => {
        for (const [condition, line] of [
          ['public AND level > 1', /applied: \d+ changes? \(\d+ ms\)\n/],
          ['public', /applied: \d+ changes? \(\d+ ms\)\n/],
        ] as const) {
          save('api/policies/read.sql', condition);
          await run.says(line);
        }
      })(),
    );
    expect([...answers.get('notes')!.keys()].sort()).toEqual([none, open].sort());
    expect(await titles()).toEqual(['open']);
    expect(run.printed.out.match(/roles:/g)).toHaveLength(1);
  });

  it('the declaration, with new roles and their tokens', async () => {
    edit('api/declaration.ts', `['notes_user']`, `['notes_user', 'notes_editor']`);
    await run.says(/applied: .*\n\nroles:\n.*notes_anon/);
    const line = await run.says(/notes_editor: claims \{\}, token\n {4}\S+ in .*\n/);
    const [name, value] = readFileSync(line.trim().split(' in ').at(-1)!, 'utf8').trim().split(': ');
    const response = await fetch(`${run.url()}/`, { headers: { [name!]: value! } });
    expect(response.status).toBe(200);
  });

  it('the settings of the server, at the same address', async () => {
    edit('api/declaration.ts', 'tables: [', 'server: { maxRows: 0 + 1 }, tables: [');
    await run.says(/applied: PostgREST restarted \(\d+ ms\)\n/);
    expect(await titles()).toEqual(['open']);
    save('api/policies/read.sql', 'true');
    await run.says('applied: ');
    expect(await titles()).toEqual(['open']);
  });

  it('a module that it imports from elsewhere', async () => {
    edit('shared/roles.ts', 'notes_anon', 'notes_guest');
    await run.says(/applied: .*PostgREST restarted.*\n\nroles:\n {2}notes_guest: requests without a token\n/);
    expect(await titles()).toEqual(['open']);
  });

  it('the migrations: a new one runs, and rows stay', async () => {
    write('database/migrations/002.sql', `INSERT INTO notes VALUES ('newer', true, 3)`);
    await run.says(/applied: 1 migration(, \d+ changes?)? \(\d+ ms\)\n/);
    expect(await titles()).toEqual(['newer', 'open']);
    save('api/policies/read.sql', 'level > 1');
    await run.says('applied: ');
    expect(await titles()).toEqual(['newer', 'secret']);
  });

  it.each([
    ['that was changed', '001.sql', `${project['database/migrations/001.sql']}; `, 'migrations/001.sql was changed'],
    ['that comes before others', '000.sql', 'SELECT 1', 'a migration was added before others'],
  ])('the migrations: one %s makes the database anew', async (_, name, sql, why) => {
    write(`database/migrations/${name}`, sql);
    await run.says(`rebuilt with the seed (${why})`);
    expect(await titles()).toEqual(['open']);
  });

  it('the migrations: a directory that was removed and came back', async () => {
    renameSync(path('database/migrations'), path('database/away'));
    await run.says('[unreadable_sql]');
    cpSync(path('database/away'), path('database/migrations'), { recursive: true });
    await run.says('as before');
    write('database/migrations/002.sql', `INSERT INTO notes VALUES ('newer', true, 3)`);
    await run.says('applied: 1 migration');
    expect(await titles()).toEqual(['newer', 'open']);
  });

  it('the seed', async () => {
    save('api/seed.sql', `INSERT INTO api.notes VALUES ('other', true, 1)`);
    await run.says('rebuilt with the seed (the seed was changed)');
    expect(await titles()).toEqual(['other']);
    rmSync(path('api/seed.sql'));
    await run.says('rebuilt (the seed was changed)');
    expect(await titles()).toEqual([]);
  });
});

describe('secured-postgrest dev tells', () => {
  beforeAll(() => start());
  afterAll(stop);

  const broken: [string, File, string, RegExp][] = [
    ['a module that is no TypeScript', 'shared/roles.ts', 'export const = ;', /secured-postgrest: .*roles\.ts.*\n/],
    ['a name that is refused', 'shared/roles.ts', `export const reader = 'pg_x';`, /secured-postgrest: .*pg_x.*\n/],
    ['a policy that is no SQL', 'api/policies/read.sql', 'public AND', /secured-postgrest: .*read\.sql.*\n/],
    ['a column that is missing', 'api/policies/read.sql', 'owner = 1', /secured-postgrest: .*owner.*\n/],
    ['a seed that fails', 'api/seed.sql', 'SELECT FROM api.missing', /secured-postgrest: .*seed\.sql:1: .*missing.*\n/],
  ];

  it.each(sample(broken))('%s, serves on, and applies what is saved after it', async (_, file, text, message) => {
    save(file, text);
    await run.says(message);
    expect(await titles()).toEqual(['open']);
    save(file, project[file]);
    await run.says('as before');
    save('api/policies/read.sql', 'true');
    await run.says(/applied: \d+ changes? /);
    expect(await titles()).toEqual(['open', 'secret']);
    save('api/policies/read.sql', 'public');
    await run.says(/applied: \d+ changes? /);
  });

  it('nothing of what changes nothing', async () => {
    const before = run.printed.out;
    write('api/notes.json', '{}');
    save('api/declaration.ts', `${project['api/declaration.ts']} // a comment`);
    await new Promise((resolve) => setTimeout(resolve, 500));
    save('api/policies/read.sql', 'public AND true');
    await run.says('applied: ');
    expect(run.printed.out.replace(before, '')).toMatch(/^applied: .*\n$/);
  });

  it('a migration that fails, of which nothing stays', async () => {
    write('database/migrations/002.sql', 'CREATE TABLE more (); SELECT 1/0;');
    await run.says(/secured-postgrest: .*002\.sql.*division by zero.*\n/);
    expect(await titles()).toEqual(['open']);
    write('database/migrations/002.sql', `INSERT INTO notes VALUES ('fixed', true, 3)`);
    await run.says('applied: 1 migration');
    expect(await titles()).toEqual(['fixed', 'open']);
  });
});

describe('secured-postgrest dev', () => {
  it('applies a change of a seed that is elsewhere', async () => {
    await start('--seed', 'DIRECTORY/data/seed.sql');
    expect(await titles()).toEqual(['mine']);
    save('data/seed.sql', `INSERT INTO api.notes VALUES ('yours', true, 1)`);
    await run.says('rebuilt with the seed (the seed was changed)');
    expect(await titles()).toEqual(['yours']);
    await stop();
  });

  it('applies nothing with --no-watch', async () => {
    await start('--no-watch');
    save('api/policies/read.sql', 'true');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await titles()).toEqual(['open']);
    expect(run.printed.out).not.toContain('applied');
    await stop();
  });

  it('ends in the middle of a change, and leaves nothing behind', async () => {
    await start();
    write('database/migrations/002.sql', 'SELECT pg_sleep(2)');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await stop();
  });

  it('ends where a migration hangs', async () => {
    await start();
    write('database/migrations/002.sql', 'SELECT pg_sleep(1000)');
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await stop();
  });
});
