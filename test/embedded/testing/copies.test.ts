import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { accessState } from '../../support/database.ts';
import { notes } from '../../support/notes.ts';
import { useOwnTemporaryDirectory } from './own-temporary-directory.ts';

useOwnTemporaryDirectory();
const declaration = notes('copied');
const seed = [{ file: 'seed.sql', sql: `insert into api.notes (user_id, body) values (1, 'seeded')` }];
let original: EphemeralPostgrest;
let environment: EphemeralPostgrest;

beforeAll(async () => {
  original = await startEphemeralPostgrest(declaration, { seed });
});
afterAll(() => original?.stop());
beforeEach(async () => {
  environment = await original.clone();
});
afterEach(() => environment?.stop());

/** What user 1 is told. */
async function bodies(of: EphemeralPostgrest): Promise<unknown> {
  const user = await of.as('copied_user', { user_id: 1 });
  const rows = (await (await user.fetch('/notes?select=body&order=id')).json()) as { body: string }[];
  return rows.map(({ body }) => body);
}

async function add(to: EphemeralPostgrest, body: string): Promise<number> {
  const user = await to.as('copied_user', { user_id: 1 });
  const headers = { 'Content-Type': 'application/json', Prefer: 'return=representation' };
  const answer = await user.fetch('/notes', { method: 'POST', headers, body: JSON.stringify({ user_id: 1, body }) });
  expect(answer.status).toBe(201);
  return ((await answer.json()) as { id: number }[])[0]!.id;
}

describe('restore', () => {
  it('brings back rows, sequences and tables as they were at the start', async () => {
    const atFirst = await bodies(environment);
    expect(atFirst).toEqual(['mine', 'seeded']);
    const id = await add(environment, 'later');
    await environment.sql('create table api.later ()');
    await environment.sql(`update api.notes set body = 'changed'`);
    await environment.restore();
    expect(await bodies(environment)).toEqual(atFirst);
    expect(await environment.sql(`select to_regclass('api.later') as later`)).toEqual([{ later: null }]);
    expect(await add(environment, 'again')).toBe(id);

    await environment.sql('drop table api.notes');
    await environment.restore();
    expect(await bodies(environment)).toEqual(atFirst);
    await environment.restore();
    expect(await bodies(environment)).toEqual(atFirst);
  });

  it('brings back what was remembered last', async () => {
    await add(environment, 'first');
    await environment.snapshot();
    await add(environment, 'second');
    await environment.snapshot();
    await add(environment, 'third');
    await environment.restore();
    expect(await bodies(environment)).toEqual(['mine', 'seeded', 'first', 'second']);
  });

  it('keeps the address of the API and of the database, the tokens and the access', async () => {
    const user = await environment.as('copied_user', { user_id: 1 });
    const [{ url, databaseUrl }, access] = [environment, await accessState(environment)];
    await environment.restore();
    expect(environment).toMatchObject({ url, databaseUrl });
    expect((await user.fetch('/notes')).status).toBe(200);
    expect((await fetch(`${environment.url}/notes`)).status).toBe(401);
    expect(await accessState(environment)).toEqual(access);
  });

  it('ends sessions of others, and theirs that come again are served', async () => {
    const client = new pg.Client(environment.databaseUrl);
    const ended = new Promise((resolve) => client.on('error', resolve));
    await client.connect();
    await client.query('begin; lock table api.notes');
    const busy = environment.sql('select pg_sleep(600) from api.notes').catch((error: Error) => error.message);
    await expect.poll(() => environment.sql('select from pg_locks where not granted')).toHaveLength(1);
    await environment.restore();
    await ended;
    expect(await busy).toMatch(/terminat/);
    expect(await environment.sql('select count(*)::int from api.notes')).toEqual([{ count: 3 }]);
  });

  it('does not wait for a session that comes meanwhile, nor does stop', async () => {
    const busy = [];
    for (let wait = 0; wait < 40; wait += 2) {
      const restored = environment.restore();
      await delay(wait);
      busy.push(environment.sql('select pg_sleep(600)').catch((error: Error) => error.message));
      await restored;
    }
    await environment.stop();
    for (const message of await Promise.all(busy)) expect(message).toMatch(/terminat/);
  });
});

describe.each([
  ['snapshot', (one: EphemeralPostgrest) => one.snapshot()],
  ['restore', (one: EphemeralPostgrest) => one.restore()],
])('%s', (_, work) => {
  it('works while somebody connects again and again', async () => {
    let done = false;
    const others = [1, 2, 3].map(async () => {
      while (!done) {
        const client = new pg.Client(environment.databaseUrl);
        client.on('error', () => {});
        await client.connect().then(
          () => client.query('select pg_sleep(0.02)').catch(() => {}),
          () => {},
        );
        await client.end().catch(() => {});
      }
    });
    try {
      for (let round = 0; round < 3; round++) await work(environment);
    } finally {
      done = true;
      await Promise.all(others);
    }
    expect(await bodies(environment)).toEqual(['mine', 'seeded']);
  });

  it('works while somebody comes back at once, and stays', async () => {
    let done = false;
    const comeBack = async () => {
      while (!done) {
        const client = new pg.Client(environment.databaseUrl);
        client.on('error', () => {});
        const stays = async () => {
          await client.connect();
          for (; !done; await delay(5)) await client.query('select 1');
        };
        await stays().catch(() => {});
        await client.end().catch(() => {});
      }
    };
    const others = [comeBack(), comeBack()];
    await delay(200);
    await work(environment).finally(() => (done = true));
    await Promise.all(others);
    expect(await bodies(environment)).toEqual(['mine', 'seeded']);
  });

  it('works while statements are run, which may fail', async () => {
    const statements = [1, 2, 3].map((wait) => environment.sql(`select pg_sleep(${wait / 10})`));
    await Promise.all([work(environment), Promise.allSettled(statements)]);
    expect(await bodies(environment)).toEqual(['mine', 'seeded']);
  });
});

describe('clone', () => {
  it('has what was remembered, and is apart from where it comes from in rows and tables', async () => {
    await add(environment, 'not remembered');
    const clone = await environment.clone();
    expect(await bodies(clone)).toEqual(['mine', 'seeded']);
    await add(clone, 'of the clone');
    await clone.sql('alter table api.notes add column only_here int');
    await environment.sql('create table api.only_there ()');
    expect(await bodies(environment)).toEqual(['mine', 'seeded', 'not remembered']);
    expect(await bodies(clone)).toEqual(['mine', 'seeded', 'of the clone']);
    const columns = `select count(*)::int from information_schema.columns where column_name = 'only_here'`;
    expect(await environment.sql(columns)).toEqual([{ count: 0 }]);
    expect(await clone.sql(`select to_regclass('api.only_there') as there`)).toEqual([{ there: null }]);
  });

  it('has the same access, but for the name of its database', async () => {
    const clone = await environment.clone();
    const states = await Promise.all(
      [original, environment, clone].map(async (one) => {
        const name = new URL(one.databaseUrl).pathname.slice(1);
        const state = await accessState(one);
        expect(state.filter(({ kind }) => kind === 'database')).toMatchObject([{ name }]);
        return state.map((row) => (row['kind'] === 'database' ? { ...row, name: 'its own' } : row));
      }),
    );
    expect(states[1]).toEqual(states[0]);
    expect(states[2]).toEqual(states[0]);
    expect((await fetch(`${clone.url}/notes`)).status).toBe(401);
    expect(await bodies(clone)).toEqual(['mine', 'seeded']);
    const other = await clone.as('copied_user', { user_id: 2 });
    expect(await (await other.fetch('/notes?select=body')).json()).toEqual([{ body: 'yours' }]);
  });

  it('trusts the tokens of where it comes from, and the other way round', async () => {
    const clone = await environment.clone();
    for (const [signer, asked] of [
      [environment, clone],
      [clone, environment],
    ] as const) {
      const token = await signer.tokenFor('copied_user', { user_id: 1 });
      const answer = await fetch(`${asked.url}/notes`, { headers: { Authorization: `Bearer ${token}` } });
      expect(answer.status).toBe(200);
    }
  });

  it('begins with a snapshot, and restores to that', async () => {
    await add(environment, 'remembered');
    await environment.snapshot();
    await add(environment, 'forgotten');
    const clone = await environment.clone();
    expect(await bodies(clone)).toEqual(['mine', 'seeded', 'remembered']);
    await add(clone, 'forgotten too');
    await clone.restore();
    expect(await bodies(clone)).toEqual(['mine', 'seeded', 'remembered']);
    expect(await bodies(environment)).toEqual(['mine', 'seeded', 'remembered', 'forgotten']);
  });

  it('has snapshots of its own, also when where it comes from has forgotten its', async () => {
    const clone = await environment.clone();
    await environment.sql('delete from api.notes');
    await environment.snapshot();
    await add(clone, 'later');
    await clone.restore();
    expect(await bodies(clone)).toEqual(['mine', 'seeded']);
    await add(clone, 'remembered');
    await clone.snapshot();
    expect(await bodies(await clone.clone())).toEqual(['mine', 'seeded', 'remembered']);
    await environment.restore();
    expect(await bodies(environment)).toEqual([]);
  });

  it('can be made many times at once, each with an address of its own', async () => {
    const clones = await Promise.all(Array.from({ length: 6 }, () => environment.clone()));
    expect(new Set(clones.flatMap(({ url, databaseUrl }) => [url, databaseUrl])).size).toBe(12);
    await Promise.all(clones.map((clone, index) => add(clone, `of ${index}`)));
    expect(await Promise.all(clones.map(bodies))).toEqual(clones.map((_, index) => ['mine', 'seeded', `of ${index}`]));
  });
});
