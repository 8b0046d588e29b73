import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { custom, declare, ownRows, type DeclarationInput } from '../../../declaration/index.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { accessState } from '../../support/database.ts';
import { notes, notesInput, notesMigration } from '../../support/notes.ts';
import { pollDuring, type Probe } from '../../support/poll.ts';
import { useOwnTemporaryDirectory } from './own-temporary-directory.ts';

useOwnTemporaryDirectory();
const PREFIX = 'applied';
const USER = `${PREFIX}_user`;
const first = notes(PREFIX);
const seed = [{ file: 'seed.sql', sql: `insert into api.notes (user_id, body) values (1, 'seeded')` }];

const tagsMigration = { file: 'migrations/002_tags.sql', sql: 'create table api.tags (user_id int primary key)' };
const withTags = (sql = tagsMigration.sql): DeclarationInput => ({
  ...notesInput(PREFIX),
  migrations: [notesMigration, { ...tagsMigration, sql }],
  tables: [
    ...notesInput(PREFIX).tables!,
    {
      name: 'tags',
      grants: [{ to: USER, select: true }],
      policies: [ownRows({ to: USER, column: 'user_id', claim: 'user_id', type: 'int' })],
    },
  ],
});

let original: EphemeralPostgrest;
let environment: EphemeralPostgrest;
let databases: unknown;

beforeAll(async () => {
  // The tests count databases.
  original = await startEphemeralPostgrest(first, { seed, spares: 0 });
});
afterAll(() => original?.stop());
beforeEach(async () => {
  environment = await original.clone();
  await environment.sql(`insert into api.notes (user_id, body) values (1, 'added')`);
  databases = await databaseCount();
});
afterEach(() => environment?.stop());

const databaseCount = () => original.sql('select count(*)::int from pg_database');

async function ask(path: string): Promise<string> {
  const user = await environment.as(USER, { user_id: 1 });
  const answer = await user.fetch(path);
  return `${answer.status} ${await answer.text()}`;
}

const BODIES = '/notes?select=body&order=id';
const present = '200 [{"body":"mine"}, \n {"body":"seeded"}, \n {"body":"added"}]';
const atStart = '200 [{"body":"mine"}, \n {"body":"seeded"}]';

/** Asks again and again while something is done; what was answered in the meantime, other than `present`. */
async function answersDuring<T>(work: Promise<T>): Promise<{ result: T; others: string[] }> {
  const token = await environment.tokenFor(USER, { user_id: 1 });
  const probes: Probe[] = [1, 2, 3].map((name) => ({ name: String(name), url: environment.url + BODIES, token }));
  const { result, answers } = await pollDuring(probes, work);
  return {
    result,
    others: [...answers.values()].flatMap((counts) => [...counts.keys()]).filter((one) => one !== present),
  };
}

async function expectAsBefore() {
  expect(environment.declaration).toBe(first);
  expect(await ask(BODIES)).toBe(present);
  expect(await accessState(environment)).toEqual(
    (await accessState(original)).map((row) =>
      row['kind'] === 'database' ? { ...row, name: new URL(environment.databaseUrl).pathname.slice(1) } : row,
    ),
  );
  expect(await databaseCount()).toEqual(databases);
  // It can still be brought to something else, and back.
  await environment.apply(declare(withTags()));
  expect(await ask('/tags')).toBe('200 []');
  await environment.restore();
  expect(await ask('/tags')).toBe('200 []');
  expect(await ask(BODIES)).toBe(atStart);
}

describe('apply', () => {
  it('finds nothing to do where nothing has changed', async () => {
    const { result, others } = await answersDuring(environment.apply(notes(PREFIX)));
    expect(result).toEqual({ changes: 0, migrations: [], rebuilt: false, restarted: false });
    expect(others).toEqual([]);
  });

  it('runs a new migration, keeps the rows, and no request fails', async () => {
    const { result, others } = await answersDuring(environment.apply(declare(withTags())));
    expect(result).toMatchObject({ migrations: [tagsMigration.file], rebuilt: false, restarted: false });
    expect(result.changes).toBeGreaterThan(0);
    expect(others).toEqual([]);
    expect(await ask('/tags')).toBe('200 []');
    expect(await ask(BODIES)).toBe(present);
  });

  it('ends when the API takes the new columns', async () => {
    const [table] = notesInput(PREFIX).tables!;
    for (const [index, column] of ['one', 'two', 'three'].entries()) {
      const columns = ['one', 'two', 'three'].slice(0, index + 1);
      const migrations = columns.map((name) => ({ file: `${name}.sql`, sql: `alter table api.notes add ${name} int` }));
      await environment.apply(
        declare({
          ...notesInput(PREFIX),
          migrations: [notesMigration, ...migrations],
          tables: [{ ...table!, grants: [{ to: USER, select: true, insert: ['body', ...columns] }] }],
        }),
      );
      const user = await environment.as(USER, { user_id: 1 });
      const headers = { 'Content-Type': 'application/json' };
      const answer = await user.fetch('/notes', { method: 'POST', headers, body: JSON.stringify({ [column]: 1 }) });
      expect(`${answer.status} ${await answer.text()}`).toBe('201 ');
    }
  });

  it('is also true of what is remembered', async () => {
    await environment.apply(declare(withTags()));
    const clone = await environment.clone();
    expect((await (await clone.as(USER, { user_id: 1 })).fetch('/tags')).status).toBe(200);
    await clone.stop();
    await environment.restore();
    expect(await ask('/tags')).toBe('200 []');
    expect(await ask(BODIES)).toBe(atStart);
    expect(await databaseCount()).toEqual([{ count: (databases as [{ count: number }])[0].count + 1 }]);
  });

  it('changes a policy, and no request fails', async () => {
    const tables = notesInput(PREFIX).tables!.map((table) => ({
      ...table,
      policies: [
        custom({ to: USER, for: 'select', using: { file: 'seeded.sql', sql: `body = 'seeded'` } }),
        ownRows({
          to: USER,
          for: ['insert', 'update', 'delete'],
          column: 'user_id',
          claim: 'user_id',
          type: 'int',
        }),
      ],
    }));
    const changed = '200 [{"body":"seeded"}]';
    const { result, others } = await answersDuring(environment.apply(notes(PREFIX, { tables })));
    expect(result).toMatchObject({ migrations: [], rebuilt: false, restarted: false });
    expect(others.filter((answer) => answer !== changed)).toEqual([]);
    expect(await ask(BODIES)).toBe(changed);
  });

  it('starts the API again for another setting of it, at the same address', async () => {
    const { url } = environment;
    const { result, others } = await answersDuring(environment.apply(notes(PREFIX, { server: { maxRows: 1 } })));
    expect(result).toMatchObject({ migrations: [], rebuilt: false, restarted: true });
    const limited = '200 [{"body":"mine"}]';
    // No connection, or one with a server that is just starting.
    expect(others.filter((answer) => answer !== limited && !/^(closed|503 .*PGRST002)/.test(answer))).toEqual([]);
    expect(environment.url).toBe(url);
    expect(await ask(BODIES)).toBe(limited);
  });

  it('makes another key for another algorithm', async () => {
    const before = await environment.tokenFor(USER, { user_id: 1 });
    const result = await environment.apply(notes(PREFIX, { keys: { generate: 'HS256' } }));
    expect(result).toMatchObject({ rebuilt: false, restarted: true });
    expect(await ask(BODIES)).toBe(present);
    const headers = { Authorization: `Bearer ${before}` };
    expect((await fetch(environment.url + BODIES, { headers })).status).toBe(401);
  });

  it('makes the database anew for a migration that has changed', async () => {
    const { url, databaseUrl } = environment;
    const migrations = [{ ...notesMigration, sql: notesMigration.sql.replace('mine', 'changed') }];
    const result = await environment.apply(notes(PREFIX, { migrations }));
    expect(result).toMatchObject({ migrations: [notesMigration.file], rebuilt: true, restarted: true });
    expect(await ask(BODIES)).toBe('200 [{"body":"changed"}, \n {"body":"seeded"}]');
    expect(environment).toMatchObject({ url, databaseUrl });
    await environment.sql('delete from api.notes');
    await environment.restore();
    expect(await ask(BODIES)).toBe('200 [{"body":"changed"}, \n {"body":"seeded"}]');
  });

  it('makes the database anew for another seed', async () => {
    const other = [{ file: 'seed.sql', sql: `insert into api.notes (user_id, body) values (1, 'other')` }];
    expect(await environment.apply(first, { seed: other })).toMatchObject({ rebuilt: true });
    expect(await ask(BODIES)).toBe('200 [{"body":"mine"}, \n {"body":"other"}]');
    // From now on that is its seed.
    expect(await environment.apply(first, { seed: other })).toMatchObject({ rebuilt: false, changes: 0 });
    expect(await environment.apply(declare(withTags()))).toMatchObject({ rebuilt: false });
    expect(await databaseCount()).toEqual([{ count: (databases as [{ count: number }])[0].count + 1 }]);
  });

  it('comes to the access of an environment that is started that way', async () => {
    await environment.apply(declare(withTags()));
    const fresh = await startEphemeralPostgrest(declare(withTags()), { seed });
    const states = await Promise.all([environment, fresh].map(accessState));
    const [changed, started] = states.map((state) => state.filter(({ kind }) => kind !== 'database'));
    expect(changed).toEqual(started);
    await fresh.stop();
  });

  it('of a clone leaves the policies and tables of others alone', async () => {
    const clone = await environment.clone();
    await clone.apply(declare(withTags()));
    expect(await ask('/tags')).toMatch(/^404 /);
    expect(await ask(BODIES)).toBe(present);
  });

  it('comes one after the other', async () => {
    const both = [environment.apply(declare(withTags())), environment.apply(first, { seed: [] })];
    expect(await Promise.all(both)).toMatchObject([{ rebuilt: false }, { rebuilt: true }]);
    expect(await ask(BODIES)).toBe('200 [{"body":"mine"}]');
  });
});

describe('apply leaves the API as it was, and no request fails,', () => {
  it.each([
    ['a migration fails', declare(withTags('select missing')), {}, 'migration_failed'],
    [
      'a migration fails on rows that came later',
      declare(withTags(`alter table api.notes add check (body <> 'added'); ${tagsMigration.sql}`)),
      {},
      'migration_failed',
    ],
    [
      'a changed migration fails',
      notes(PREFIX, { migrations: [{ ...notesMigration, sql: 'select missing' }] }),
      {},
      'migration_failed',
    ],
    ['a seed fails', first, { seed: [{ file: 'seed.sql', sql: 'select missing' }] }, 'invalid_sql'],
  ])('when %s', async (_, declaration, options, code) => {
    const failing = environment.apply(declaration, options).catch((error: unknown) => error);
    const { result, others } = await answersDuring(failing);
    expect(result).toMatchObject({ code });
    expect(others).toEqual([]);
    await expectAsBefore();
  });
});

describe('apply leaves the API as it was, when it does not start with what is declared', () => {
  const server = { settings: { 'db-tx-end': 'maybe' } };
  const otherSeed = [{ file: 'seed.sql', sql: 'select 1' }];

  it.each([
    ['and nothing else has changed', notes(PREFIX, { server }), {}],
    ['and a migration is new', declare({ ...withTags(), server }), {}],
    [
      'and a migration has changed',
      notes(PREFIX, { server, migrations: [{ ...notesMigration, sql: `${notesMigration.sql};` }] }),
      {},
    ],
    ['and the seed is another one', notes(PREFIX, { server }), { seed: otherSeed }],
  ])('%s', async (_, declaration, options) => {
    await expect(environment.apply(declaration, options)).rejects.toMatchObject({ code: 'start_failed' });
    await expectAsBefore();
  });
});

it('apply ends when the server knows a new column, also right after other changes', async () => {
  const user = await environment.as(USER, { user_id: 1 });
  const columns: string[] = [];
  for (const name of ['first', 'second', 'third', 'fourth']) {
    columns.push(name);
    const added = columns.map((column, n) => ({
      file: `migrations/1${n}.sql`,
      sql: `ALTER TABLE api.notes ADD COLUMN ${column} int`,
    }));
    // A server that is already reading the schema finds the old one.
    await environment.sql(`NOTIFY pgrst, 'reload schema'`);
    await environment.apply(declare({ ...notesInput(PREFIX), migrations: [notesMigration, ...added] }));
    const answer = await user.fetch(`/notes?columns=${name}`, { method: 'POST', body: '[]' });
    expect(await answer.text()).not.toContain('PGRST204');
  }
});
