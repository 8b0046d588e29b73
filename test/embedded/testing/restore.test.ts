import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, afterEach, describe, expect, it } from 'vitest';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { FULL_TESTS, FUZZ_SEED } from '../../support/fuzz.ts';
import { notes } from '../../support/notes.ts';
import { pollDuring } from '../../support/poll.ts';
import { useOwnTemporaryDirectory } from './own-temporary-directory.ts';
import { processesIn } from './traces-in.ts';

const temporaryDirectory = useOwnTemporaryDirectory();

const ROUNDS = FULL_TESTS ? 200 : 10;

/** Tables that are hard to put back: each kind of column, key, trigger, rule and child. */
const HARD = `
    CREATE TYPE api.mood AS ENUM ('ok', 'not "ok"');
    CREATE DOMAIN api.short AS text CHECK (length(value) < 20);
    CREATE TYPE api.pair AS (a int, b text);
    CREATE TABLE api.kinds (
      t text, r int GENERATED ALWAYS AS IDENTITY, gone int, twice int GENERATED ALWAYS AS (r * 2) STORED,
      mood api.mood, short api.short, pair api.pair, pairs api.pair[], "odd ""name" float8, at timestamptz, span interval,
      bytes bytea, plain json, binary_json jsonb, range int4range, bits bit(3), address inet, amount numeric, id uuid,
      point point, flag bool, words tsvector, "char" "char", name name, money money, xml xml, empty text[]);
    ALTER TABLE api.kinds DROP COLUMN gone;
    INSERT INTO api.kinds (t, mood, short, pair, pairs, "odd ""name", at, span, bytes, plain, binary_json, range, bits,
      address, amount, id, point, flag, words, "char", name, money, xml, empty)
    VALUES (E'a\\n"b"\\\\,(c)', 'not "ok"', '', (1, '(,")'), ARRAY[(NULL, NULL), (2, 'ü')]::api.pair[], 'NaN', 'infinity',
      '1 mon -2 days 00:00:00.000001', '\\x00ff', '{"a" : 1,  "a":2}', '{"b": null}', '[1,5)', B'101', '::1/64',
      'NaN', gen_random_uuid(), '(0.1,1e-300)', true, 'a:1 b', '"', 'n', 12.5, '<a b="c"/>', '{}'),
      (NULL, NULL, NULL, NULL, NULL, 0.1::float8 + 0.2, now(), NULL, NULL, NULL, 'null', 'empty', NULL, NULL,
      1e100, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, ARRAY[NULL, 'NULL', '']);
    CREATE TABLE api.parents (id int PRIMARY KEY, next int REFERENCES api.parents DEFERRABLE INITIALLY DEFERRED);
    INSERT INTO api.parents VALUES (1, 2), (2, 1);
    CREATE TABLE api.children (id int PRIMARY KEY, parent int NOT NULL REFERENCES api.parents ON DELETE CASCADE);
    INSERT INTO api.children VALUES (1, 1), (2, 1), (3, 2);
    CREATE TABLE api.grown (more text) INHERITS (api.parents);
    INSERT INTO api.grown VALUES (3, 1, 'more');
    CREATE TABLE api.split (id int, part int) PARTITION BY LIST (part);
    CREATE TABLE api.split_1 PARTITION OF api.split FOR VALUES IN (1);
    CREATE TABLE api.split_2 PARTITION OF api.split DEFAULT;
    INSERT INTO api.split SELECT n, n % 3 FROM generate_series(1, 9) AS n;
    CREATE TABLE api.log (what text);
    CREATE FUNCTION api.log() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN INSERT INTO api.log VALUES (TG_OP); RETURN coalesce(NEW, OLD); END';
    CREATE TRIGGER log BEFORE INSERT OR UPDATE OR DELETE ON api.children FOR EACH ROW EXECUTE FUNCTION api.log();
    CREATE RULE kept AS ON DELETE TO api.log DO INSTEAD NOTHING;
    CREATE SEQUENCE api.numbers; SELECT nextval('api.numbers');
    CREATE SEQUENCE api."Unused";
    GRANT SELECT, UPDATE ON api.split, api."Unused" TO restored_user;
    CREATE VIEW api.waiting AS SELECT 1 AS id;
    CREATE FUNCTION api.wait() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN
      PERFORM pg_current_xact_id();
      WHILE NOT (SELECT is_called FROM api."Unused") LOOP PERFORM pg_sleep(0.01); END LOOP;
      UPDATE api.split SET id = 100 WHERE id = 1; RETURN NEW; END';
    CREATE TRIGGER wait INSTEAD OF INSERT ON api.waiting FOR EACH ROW EXECUTE FUNCTION api.wait();
    CREATE FUNCTION api.told() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN
      IF NEW.body = ''slow'' THEN PERFORM pg_sleep(4); ELSIF NEW.body = ''hold'' THEN PERFORM pg_advisory_lock(1); END IF; RETURN NEW; END';
    CREATE TRIGGER told AFTER INSERT ON api.notes FOR EACH ROW EXECUTE FUNCTION api.told();
    CREATE FUNCTION api.add() RETURNS void LANGUAGE sql AS 'SELECT';
    GRANT INSERT ON api.waiting TO restored_user`;
const OF_ROWS: [string, string][] = [
  ['nothing', 'SELECT'],
  ['removed rows of each kind', 'DELETE FROM api.kinds'],
  ['changed rows', `UPDATE api.kinds SET t = 'x'; UPDATE api.parents SET next = NULL; UPDATE api.split SET part = 1`],
  ['rows that others refer to', 'DELETE FROM api.parents'],
  [
    'added rows',
    `INSERT INTO api.children VALUES (7, 1); INSERT INTO api.grown VALUES (9, 9, 'x'); INSERT INTO api.log VALUES ('x')`,
  ],
  ['a row that was changed to what it is', 'UPDATE api.children SET id = id'],
  ['moved sequences', `SELECT nextval('api.numbers'), nextval('api."Unused"'), setval('api.numbers', 99, false)`],
  ['a used identity', 'INSERT INTO api.kinds DEFAULT VALUES; DELETE FROM api.kinds WHERE t IS NULL'],
  ['rows after a vacuum', 'DELETE FROM api.children'],
];

const OF_MORE: [string, string][] = [
  ['a table', 'CREATE TABLE api.late ()'],
  ['a column', 'ALTER TABLE api.children ADD late int'],
  ['an emptied table', 'TRUNCATE api.children'],
  ['a policy', 'ALTER TABLE api.children ENABLE ROW LEVEL SECURITY'],
  ['a grant', 'GRANT SELECT ON api.log TO restored_user'],
  ['a revoked grant', 'REVOKE SELECT ON api.notes FROM restored_user'],
  ['a function', `CREATE OR REPLACE FUNCTION api.add() RETURNS void LANGUAGE sql AS 'SELECT'`],
  ['a dropped function', 'DROP FUNCTION api.add()'],
  ['a comment', `COMMENT ON TABLE api.log IS 'late'`],
  ['a trigger that is off', 'ALTER TABLE api.children DISABLE TRIGGER log'],
  ['a restarted sequence', 'ALTER SEQUENCE api.numbers RESTART WITH 5'],
  ['a large object', 'SELECT lo_create(0)'],
  ['rows of Postgres itself', 'DELETE FROM information_schema.sql_features'],
  [
    'a privilege on the database',
    "DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO restored_user', current_database()); END $$",
  ],
  [
    'a setting of the database',
    "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET work_mem = 64', current_database()); END $$",
  ],
  [
    'properties of the database',
    `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I CONNECTION LIMIT 37', current_database());
      EXECUTE format('COMMENT ON DATABASE %I IS ''late''', current_database()); END $$`,
  ],
  [
    'a subscription',
    `CREATE SUBSCRIPTION "it's" CONNECTION 'dbname=none' PUBLICATION p WITH (connect = false, slot_name = NONE)`,
  ],
  ['a view of rows that were remembered', 'CREATE MATERIALIZED VIEW api.kept AS SELECT * FROM api.log'],
  ['a trigger that always runs', 'ALTER TABLE api.children ENABLE ALWAYS TRIGGER log; DELETE FROM api.children'],
];

const statements = (sql: string) => (sql.startsWith('DO') ? [sql] : sql.split(';'));

let original: EphemeralPostgrest;
let one: EphemeralPostgrest;

beforeAll(async () => {
  original = await startEphemeralPostgrest(notes('restored'), { spares: 0 });
  await original.sql(HARD);
  await original.snapshot();
});
afterAll(() => original?.stop());
beforeEach(async () => {
  one = await original.clone();
});
afterEach(() => one?.stop());

/** All rows of all tables in their order, and all sequences. */
async function content(of: EphemeralPostgrest): Promise<unknown> {
  const tables = await of.sql<{
    name: string;
    kind: string;
  }>(`SELECT format('%I.%I', nspname, relname) AS name, relkind AS kind
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE relkind IN ('r', 'S') AND nspname !~ '^pg_' ORDER BY 1`);
  const parts = tables.map(({ name, kind }) =>
    kind === 'S'
      ? `SELECT '${name}' AS name, ARRAY[last_value::text, is_called::text] AS rows FROM ${name}`
      : `SELECT '${name}', array_agg((t.*)::text ORDER BY t.ctid) FROM ONLY ${name} AS t`,
  );
  return of.sql(parts.join(' UNION ALL '));
}

/** Columns that vacuuming writes. */
const MAINTAINED = 'relpages,reltuples,relallvisible,relallfrozen,relfrozenxid,relminmxid';

/** All catalogs but statistics, with privileges and settings of the database. */
async function catalogs(of: EphemeralPostgrest): Promise<unknown> {
  const [tables, database] = await Promise.all([
    of.sql(`SELECT relname, query_to_xml(format('SELECT md5(string_agg((to_jsonb(c) - ''{${MAINTAINED}}''::text[])::text, '' '' ORDER BY c.ctid)) FROM %I AS c', relname), true, true, '')::text
      FROM pg_class WHERE relkind = 'r' AND NOT relisshared AND relnamespace = 'pg_catalog'::regnamespace
      AND relname !~ '^pg_statistic' ORDER BY 1`),
    of.sql(`SELECT datacl::text, datconnlimit, shobj_description(oid, 'pg_database'), (SELECT count(*) FROM pg_db_role_setting WHERE setdatabase = oid)
      FROM pg_database WHERE datname = current_database()`),
  ]);
  return [tables, database];
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return []; // it has ended meanwhile
  }
}

/** The process of the API's server. */
function serverOf(of: EphemeralPostgrest): number {
  const variable = `PGRST_SERVER_PORT=${new URL(of.url).port}`;
  const servers = processesIn(temporaryDirectory()).filter(({ name }) => name === 'postgrest');
  return servers.find(({ pid }) => environmentOf(pid).includes(variable))!.pid;
}

async function write(body: string): Promise<number> {
  const user = await one.as('restored_user', { user_id: 1 });
  const headers = { 'Content-Type': 'application/json' };
  return (await user.fetch('/notes', { method: 'POST', headers, body: JSON.stringify({ user_id: 1, body }) })).status;
}

/** A request that has begun its transaction, and writes when it is to finish. */
async function beginRequest(): Promise<{ readonly transaction: number; finish: () => Promise<void> }> {
  const user = await one.as('restored_user');
  const headers = { 'Content-Type': 'application/json' };
  const request = user.fetch('/waiting', { method: 'POST', headers, body: '{"id": 1}' });
  const waiting = `SELECT backend_xid::text AS transaction FROM pg_stat_activity
    WHERE query LIKE '%"waiting"%' AND backend_xid IS NOT NULL`;
  await expect.poll(() => one.sql(waiting)).toHaveLength(1);
  const [found] = await one.sql<{ transaction: string }>(waiting);
  const finish = async () => {
    await one.sql(`SELECT nextval('api."Unused"')`);
    expect((await request).status).toBe(201);
  };
  return { transaction: Number(found!.transaction), finish };
}

describe.runIf(process.platform === 'linux')('restore, while the API serves on, undoes', () => {
  it.each(OF_ROWS)('%s', async (what, sql) => {
    const before = await content(one);
    const server = serverOf(one);
    for (let round = 0; round < 2; round++) {
      for (const text of statements(sql)) await one.sql(text);
      if (what.endsWith('vacuum')) await one.sql('VACUUM (FREEZE, ANALYZE)');
      await one.restore();
      expect(await content(one)).toEqual(before);
    }
    expect(serverOf(one)).toEqual(server);
    const clone = await original.clone();
    expect(await content(clone)).toEqual(before);
    await clone.stop();
  });

  it('what requests wrote, without a failed one, and constraints hold as before', async () => {
    const before = await content(one);
    const token = await one.tokenFor('restored_user', { user_id: 1 });
    const probes = ['/notes?select=body', '/notes?select=user_id'].map((path) => ({
      name: path,
      url: one.url + path,
      token,
    }));
    const { answers } = await pollDuring(
      probes,
      (async () => {
        for (let round = 0; round < 20; round++) {
          expect(await write('more')).toBe(201);
          await one.restore();
        }
      })(),
    );
    for (const [path, counts] of answers) {
      expect(
        [...counts.keys()].filter((answer) => !answer.startsWith('200 ')),
        path,
      ).toEqual([]);
    }
    expect(await content(one)).toEqual(before);
    await expect(one.sql('INSERT INTO api.children VALUES (9, 9)')).rejects.toThrow('foreign key');
    await one.sql('DELETE FROM api.children WHERE id = 1');
    expect(await one.sql('SELECT what FROM api.log')).toEqual([{ what: 'DELETE' }]);
  });

  it('what a transaction of the API writes that began before the last restore', async () => {
    const before = await content(one);
    const { finish } = await beginRequest();
    await one.sql('UPDATE api.split SET part = 1');
    await one.restore();
    await finish();
    expect(await content(one)).not.toEqual(before);
    await one.restore();
    expect(await content(one)).toEqual(before);
  });

  it('writes of such transactions, also where they and later ones have the sum of those before', async () => {
    const before = await content(one);
    const { transaction, finish } = await beginRequest();
    await one.sql('UPDATE api.split SET part = 1');
    await one.restore();
    const [restored] = await one.sql<{ xmin: string }>('SELECT max(xmin::text::int) AS xmin FROM api.split_1');
    await finish();
    // As much later as the request began earlier.
    const later = 2 * Number(restored!.xmin) - transaction;
    let reached: number;
    do {
      const sql = 'UPDATE api.split_1 SET part = 1 WHERE id = 7 RETURNING xmin::text';
      reached = Number((await one.sql<{ xmin: string }>(sql))[0]!.xmin);
    } while (reached < later);
    expect(reached).toBe(later);
    await one.restore();
    expect(await content(one)).toEqual(before);
  });

  it('what came after the last snapshot only', async () => {
    await one.sql(`UPDATE api.children SET parent = 2`);
    await one.restore();
    await one.sql(`UPDATE api.children SET parent = 2 WHERE id = 1`);
    await one.snapshot();
    const before = await content(one);
    await one.sql(`DELETE FROM api.children`);
    await one.restore();
    expect(await content(one)).toEqual(before);
  });
});

describe.runIf(process.platform === 'linux')('restore starts the API anew, and undoes', () => {
  it.each(OF_MORE)('%s', async (_, sql) => {
    const state = () => catalogs(one);
    const [before, server, rows] = [await state(), serverOf(one), await content(one)];
    for (const text of statements(sql)) await one.sql(text);
    await one.restore();
    expect(await state()).toEqual(before);
    expect(await content(one)).toEqual(rows);
    expect(serverOf(one)).not.toEqual(server);
    // From then on rows alone are put back.
    const next = serverOf(one);
    await one.sql('DELETE FROM api.children');
    await one.restore();
    expect(await content(one)).toEqual(rows);
    expect(serverOf(one)).toEqual(next);
  });

  it('where a request holds a lock for long, or its session one for ever', async () => {
    const rows = await content(one);
    const server = serverOf(one);
    const slow = write('slow').catch(() => {});
    await expect.poll(() => one.sql(`SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep'`)).toHaveLength(1);
    await one.restore();
    await slow;
    expect(serverOf(one)).not.toEqual(server);
    expect(await write('hold')).toBe(201);
    await one.restore();
    expect(await one.sql(`SELECT FROM pg_locks WHERE locktype = 'advisory'`)).toEqual([]);
    expect(await content(one)).toEqual(rows);
  });

  it('where it failed before, because another program took the port meanwhile', async () => {
    const { port } = new URL(one.url);
    const rows = await content(one);
    const thief = createServer();
    const stealing = (async () => {
      for (;;) {
        thief.listen(Number(port), '127.0.0.1');
        const taken = await once(thief, 'listening').then(
          () => true,
          () => false,
        );
        if (taken) return;
        await delay(1);
      }
    })();
    await one.sql('CREATE TABLE api.late ()');
    await expect(one.restore()).rejects.toMatchObject({ code: 'port_taken' });
    await stealing;
    thief.close();
    await one.restore();
    expect(await content(one)).toEqual(rows);
    expect((await fetch(`${one.url}/notes`)).status).toBe(401);
  });

  it('where the server has ended', async () => {
    const { port } = new URL(one.url);
    await one.sql('DELETE FROM api.children');
    const rows = await content(original);
    const ended = one.died;
    process.kill(serverOf(one), 'SIGKILL');
    await ended;
    await one.restore();
    expect(await content(one)).toEqual(rows);
    await new Promise((resolve, reject) => get({ port, path: '/notes' }, resolve).on('error', reject));
  });
});

describe('restore copies', () => {
  const made = `CREATE FUNCTION api.made(a int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS`;
  it.each([
    ['numbers that a session takes in advance', 'CREATE SEQUENCE api.ahead CACHE 10; CREATE TABLE api.own (a int)'],
    [
      'columns that a function has generated',
      `${made} 'BEGIN RETURN a + 1; END'; CREATE TABLE api.own (a int, b int GENERATED ALWAYS AS (api.made(a)) STORED);
      INSERT INTO api.own VALUES (1); ${made.replace('CREATE', 'CREATE OR REPLACE')} 'BEGIN RETURN 100; END'`,
    ],
    [
      'rows that a function checks',
      `CREATE TABLE api.calls (a int); ${made} 'BEGIN INSERT INTO api.calls VALUES (a); RETURN a; END';
      ALTER FUNCTION api.made VOLATILE; CREATE TABLE api.own (a int CHECK (api.made(a) > 0)); INSERT INTO api.own VALUES (1)`,
    ],
  ])('%s', async (_, sql) => {
    await one.sql(sql);
    await one.snapshot();
    const rows = await content(one);
    await one.sql('DELETE FROM api.own');
    await one.restore();
    expect(await content(one)).toEqual(rows);
  });

  it('nothing of settings by which a value would be another one', async () => {
    await one.sql(`CREATE TABLE api.own (a text[], b interval, c timestamptz)`);
    await one.sql(`INSERT INTO api.own VALUES ('{NULL,x}', '-1 mon 2 days -03:00', '2026-03-04 05:06:07.008+05:30')`);
    await one.snapshot();
    const rows = await content(one);
    await one.sql(`DO $$ BEGIN ALTER ROLE postgres SET array_nulls = off; ALTER ROLE postgres SET IntervalStyle = sql_standard;
      ALTER ROLE postgres SET DateStyle = 'SQL, DMY'; END $$`);
    try {
      await one.sql('DELETE FROM api.own');
      await one.restore();
    } finally {
      await one.sql('ALTER ROLE postgres RESET ALL');
      await one.restore();
    }
    expect(await content(one)).toEqual(rows);
  });
});

describe('restore', () => {
  it('goes on where its session is ended', async () => {
    const rows = await content(one);
    await one.restore();
    const end = () =>
      one.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()`);
    for (let round = 0; round < 8; round++) {
      await one.sql('DELETE FROM api.children');
      // In turn before and during the restore, which also terminates the session of `end`.
      const ending = end().catch(() => {});
      if (round % 2 === 0) await ending;
      await one.restore();
      await ending;
      expect(await content(one)).toEqual(rows);
    }
  });

  it.each(['restore', 'snapshot'] as const)('answers queries that wait for a session: %s', async (exchange) => {
    if (exchange === 'restore') await one.sql('CREATE TABLE api.later ()');
    // More than there are sessions.
    const queries = Array.from({ length: 16 }, () => one.sql('SELECT pg_sleep(0.3)'));
    const settled = Promise.allSettled(queries);
    await one[exchange]();
    const outcomes = (await settled).map(({ status }) => status);
    // Some had begun, and were cut off.
    expect(outcomes).toContain('fulfilled');
    expect(await one.sql('SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });

  it('goes on where its session cannot be opened', async () => {
    const rows = await content(one);
    await one.sql(`CREATE FUNCTION api.refuse() RETURNS event_trigger LANGUAGE plpgsql
      AS 'BEGIN IF current_setting(''is_superuser'')::bool THEN RAISE ''closed''; END IF; END'`);
    await one.sql('CREATE EVENT TRIGGER refuse ON login EXECUTE FUNCTION api.refuse()');
    await one.restore();
    expect(await content(one)).toEqual(rows);
  });

  it(`undoes any sequence of these, ${ROUNDS} times`, { timeout: 900_000 }, async () => {
    const [before, rows] = [await catalogs(one), await content(one)];
    const changes = [...OF_ROWS, ...OF_ROWS, ...OF_MORE].map(([, sql]) => sql);
    const sequences = fc.sample(fc.array(fc.constantFrom(...changes), { minLength: 1, maxLength: 4 }), {
      numRuns: ROUNDS,
      seed: FUZZ_SEED,
    });
    for (const [round, sequence] of sequences.entries()) {
      // One may need what another one has dropped.
      for (const text of sequence.flatMap(statements)) await one.sql(text).catch(() => {});
      await one.restore();
      const place = `FUZZ_SEED=${FUZZ_SEED}, round ${round}: ${JSON.stringify(sequence)}`;
      expect(await content(one), place).toEqual(rows);
      if (sequence.some((sql) => OF_MORE.some(([, more]) => more === sql)))
        expect(await catalogs(one), place).toEqual(before);
    }
  });
});
