import { readdirSync, readFileSync, rmSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import pg from 'pg';
import { describe, expect, it, vi } from 'vitest';
import { applyDeclaration, auditDatabase } from '../../../apply/index.ts';
import type { Declaration } from '../../../declaration/index.ts';
import type { DatabaseConnection } from '../../../postgres/connect.ts';
import { statementsOf } from '../../../postgres/statements.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { FIRST_PASSWORD_LENGTH } from '../../../testing/cache/archives.ts';
import { keepDeclared } from '../../../testing/cache/declared-cluster.ts';
import { startDeclaredPostgres, startPostgres } from '../../../testing/servers/postgres-server.ts';
import { startSource } from '../../../testing/source.ts';
import { connectionOf } from '../../support/connection-of.ts';
import { catalogs } from '../../support/catalogs.ts';
import type { Row } from '../../support/database.ts';
import { notes } from '../../support/notes.ts';
import { useOwnCache } from './own-cache.ts';
import { useOwnTemporaryDirectory } from './own-temporary-directory.ts';
import { quickProgram } from './quick-program.ts';
import { runProgram } from './running-program.ts';

const temporaryDirectory = useOwnTemporaryDirectory();
const seed = [{ file: 'seed.sql', sql: `INSERT INTO api.notes (user_id, body) VALUES (1, 'seeded')` }];
const migration = {
  file: '001.sql',
  sql: `
    CREATE TYPE api.kind AS ENUM ('one', 'other');
    CREATE TABLE api.notes (
      id serial PRIMARY KEY, user_id int NOT NULL, body text, kind api.kind, made timestamptz NOT NULL DEFAULT now()
    );
    CREATE INDEX ON api.notes (user_id);
    CREATE UNLOGGED TABLE api.unlogged (id bigint GENERATED ALWAYS AS IDENTITY (START 7), body text DEFAULT 'mine');
    ALTER TABLE api.unlogged ADD CHECK (body <> '');
    CREATE TABLE api.parts (day date) PARTITION BY RANGE (day);
    CREATE TABLE api.parts_2026 PARTITION OF api.parts FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
    CREATE VIEW api.all_notes WITH (security_invoker) AS SELECT * FROM api.notes;
    COMMENT ON VIEW api.all_notes IS 'of everybody';`,
};
const declaration = notes('kept', { migrations: [migration] });
/** A trigger that the package itself fires, in which anything can happen. */
const LOGGED = `CREATE TABLE api.log (at timestamptz);
  CREATE FUNCTION api.log() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO api.log VALUES (clock_timestamp()); RETURN NEW; END';
  CREATE TRIGGER log BEFORE INSERT ON kept_private.migrations FOR EACH ROW EXECUTE FUNCTION api.log()`;
const cache = useOwnCache(temporaryDirectory);

/** What an environment grants to whom, its objects, and what user 1 sees. */
async function look(of: Declaration = declaration) {
  await using api = await startEphemeralPostgrest(of, { seed });
  const user = await api.as(`${of.name}_user`, { user_id: 1 });
  const columns = await api.sql<Row>(`
    SELECT c.oid::regclass::text, c.relkind, c.relpersistence, a.attname::text, format_type(a.atttypid, a.atttypmod),
      pg_get_expr(d.adbin, d.adrelid) AS value, pg_get_viewdef(c.oid) AS view, obj_description(c.oid, 'pg_class'),
      pg_get_expr(c.relpartbound, c.oid) AS bound
    FROM pg_class AS c JOIN pg_attribute AS a ON a.attrelid = c.oid LEFT JOIN pg_attrdef AS d ON (adrelid, adnum) = (c.oid, attnum)
    WHERE c.relnamespace = 'api'::regnamespace ORDER BY 1, attnum`);
  const answer = await user.fetch('/notes?select=id,body&order=id');
  return { catalogs: await catalogs({ sql: (text) => api.sql<Row>(text) }), columns, rows: await answer.json() };
}

const kept = (kind: 'declared' | 'cluster' | 'transcript') =>
  readdirSync(cache())
    .filter((name) => name.startsWith(kind))
    .map((name) => join(cache(), name));

/** Has the next start replay what makes another table; that the start does so shows that nothing better was there. */
function falsifyTranscript(): void {
  const [file] = kept('transcript');
  const transcript = JSON.parse(readFileSync(file!, 'utf8')) as { messages: string[] };
  transcript.messages.push(`ALTER TABLE api.notes ALTER body SET DEFAULT 'replayed'`);
  const content = JSON.stringify(transcript);
  rmSync(file!);
  writeFileSync(file!.replace(/-[0-9a-f]+\.json$/, `-${crc32(content).toString(16)}.json`), content);
}

const isReplayed = ({ columns }: Awaited<ReturnType<typeof look>>) =>
  columns.some(({ value }) => String(value).startsWith(`'replayed'`));

describe('the objects of a declaration', () => {
  it('are kept at its second start, for its user alone, and are there at the third', async () => {
    const first = await look();
    expect(first.rows).toEqual([{ id: 1, body: 'seeded' }]);
    expect(kept('declared')).toHaveLength(0);
    expect(await look()).toEqual(first);
    const [archive] = kept('declared');
    expect(statSync(archive!).mode & 0o777).toBe(0o600);
    expect(kept('cluster')).toHaveLength(1);
    falsifyTranscript();
    expect(await look()).toEqual(first);
    expect(await look()).toEqual(first);
    expect(kept('declared')).toEqual([archive]);
  });

  it('include the names of time zones, and the view of the zones still answers what Postgres answers', async () => {
    for (const reads of [true, false, false]) {
      await using api = await startEphemeralPostgrest(declaration, { seed });
      const plan = await api.sql<Row>(`EXPLAIN (VERBOSE, COSTS OFF) SELECT name FROM pg_timezone_names`);
      expect(JSON.stringify(plan).includes('pg_timezone_names()')).toBe(reads);
      const zones = await api.sql<Row>('SELECT * FROM pg_timezone_names');
      expect(zones.length).toBeGreaterThan(400);
      expect(zones).toEqual(await api.sql<Row>('SELECT * FROM pg_timezone_names()'));
      expect(
        await api.sql<Row>(`SELECT has_table_privilege('kept_user', 'pg_timezone_names', 'SELECT') AS may`),
      ).toEqual([{ may: true }]);
    }
  });

  it('leave the next deploy nothing to do, and work in every way', async () => {
    await look();
    await look();
    falsifyTranscript();
    await using api = await startEphemeralPostgrest(declaration, { seed });
    const database = connectionOf(api.databaseUrl);
    expect(await auditDatabase(database, declaration)).toEqual([]);
    expect(await applyDeclaration(database, declaration)).toMatchObject({ migrations: [], changes: 0 });
    await using clone = await api.clone();
    const user = await clone.as('kept_user', { user_id: 1 });
    const written = await user.fetch('/notes', { method: 'POST', body: JSON.stringify({ user_id: 1, body: 'new' }) });
    expect(written.status).toBe(201);
    await clone.restore();
    expect(await clone.sql('SELECT body, made > now() - $1::interval AS fresh FROM api.notes', ['1 minute'])).toEqual([
      { body: 'seeded', fresh: true },
    ]);
    expect(await api.sql('INSERT INTO api.unlogged DEFAULT VALUES RETURNING *')).toEqual([{ id: '7', body: 'mine' }]);
    // Each of Postgres' own databases is there too.
    await api.sql('CREATE DATABASE another TEMPLATE template0');
    for (const name of ['postgres', 'template1', 'another']) {
      const found = withClient({ ...database, database: name }, (client) => client.query('SELECT 1 AS one'));
      expect((await found).rows).toEqual([{ one: 1 }]);
    }
  });

  it('are kept with passwords that open no server, neither the one that keeps them nor a later one', async () => {
    await look();
    await using keeping = await startEphemeralPostgrest(declaration, { seed });
    await expect.poll(() => kept('declared')).toHaveLength(1);
    await using later = await startEphemeralPostgrest(declaration, { seed });
    const [archive] = kept('declared');
    const first = readFileSync(archive!, 'latin1').slice(0, FIRST_PASSWORD_LENGTH);
    for (const { databaseUrl } of [keeping, later]) {
      const database = connectionOf(databaseUrl);
      expect(database.password).not.toBe(first);
      for (const user of ['postgres', 'kept_authenticator']) {
        const opened = withClient({ ...database, user, password: first }, (client) => client.query('SELECT 1'));
        await expect(opened).rejects.toThrow('password authentication failed');
      }
    }
  });

  it('are of one declaration', async () => {
    for (let start = 0; start < 2; start++) await look();
    const more = notes('kept', { migrations: [migration, { file: '002.sql', sql: 'CREATE TABLE api.more (id int)' }] });
    for (let start = 0; start < 2; start++)
      expect((await look(more)).columns).toContainEqual(expect.objectContaining({ oid: 'api.more' }));
    expect(kept('declared')).toHaveLength(2);
  });

  it.each([
    ['writes rows', `INSERT INTO api.notes (user_id, body) VALUES (1, 'from a migration')`],
    ['runs code', `DO $$BEGIN EXECUTE format('CREATE TABLE api.%I ()', 'of ' || clock_timestamp()); END$$`],
    ['names the present', `ALTER TABLE api.notes ADD later timestamptz DEFAULT 'now'`],
    ['has rows written when the package records it', LOGGED],
    [
      'has rows written by a default',
      `CREATE UNLOGGED TABLE api.log (at timestamptz);
       CREATE FUNCTION api.log() RETURNS int LANGUAGE sql AS 'INSERT INTO api.log VALUES (clock_timestamp()); SELECT 1';
       CREATE FUNCTION api.logged() RETURNS int STABLE LANGUAGE plpgsql AS 'BEGIN RETURN api.log(); END';
       ALTER TABLE api.notes ADD logged int DEFAULT api.logged()`,
    ],
  ])('are made anew where a migration %s', async (_, sql) => {
    const changing = notes('kept', { migrations: [migration, { file: '002.sql', sql }] });
    const [first, second] = [await look(changing), await look(changing)];
    if (/^(DO|ALTER)/.test(sql)) expect(second.columns).not.toEqual(first.columns);
    expect(second.rows).toEqual(first.rows);
    expect(kept('declared')).toHaveLength(0);
  });

  it('are kept without what their session alone has', async () => {
    const sql = `CREATE TABLE api.drafts (body text); CREATE TYPE api.mood AS ENUM ('good');
      CREATE TEMP VIEW of_session AS SELECT body FROM api.drafts; CREATE TEMP TABLE rows_of_session (id serial);
      CREATE FUNCTION pg_temp.of_session() RETURNS api.mood LANGUAGE sql AS 'SELECT ''good''::api.mood'`;
    const temporary = notes('kept', { migrations: [migration, { file: '002.sql', sql }] });
    const first = await look(temporary);
    for (let start = 0; start < 2; start++) expect(await look(temporary)).toEqual(first);
    expect(kept('declared')).toHaveLength(1);
    const change = 'ALTER TABLE api.drafts ALTER body TYPE varchar(100); DROP TYPE api.mood';
    await using api = await startEphemeralPostgrest(temporary);
    await api.apply(notes('kept', { migrations: [...temporary.migrations, { file: '003.sql', sql: change }] }));
  });

  it('are made anew with other settings of sessions', async () => {
    const sql = `ALTER TABLE api.notes ADD due date DEFAULT '02/03/2026'`;
    const dated = notes('kept', { migrations: [migration, { file: '002.sql', sql }] });
    const due = async () => (await look(dated)).columns.find(({ attname }) => attname === 'due')?.['value'];
    for (let start = 0; start < 3; start++) expect(await due()).toBe(`'2026-02-03'::date`);
    vi.stubEnv('PGOPTIONS', '-c datestyle=ISO,DMY');
    for (let start = 0; start < 3; start++) expect(await due()).toBe(`'2026-03-02'::date`);
    vi.unstubAllEnvs();
  });

  it('are filled by whatever a seed leaves in its session, and copied by several at once', async () => {
    const bodies = async (of: EphemeralPostgrest | DatabaseConnection) => {
      const text = 'SELECT body FROM api.notes ORDER BY id';
      const rows =
        'sql' in of ? await of.sql<Row>(text) : (await withClient(of, (client) => client.query<Row>(text))).rows;
      return rows.map(({ body }) => body);
    };
    const row = (body: string) => `INSERT INTO api.notes (user_id, body) VALUES (1, '${body}')`;
    const seeds: Record<string, readonly [sql: string, left: readonly string[]]> = {
      role: [
        'CREATE TEMP TABLE left_over (); SET ROLE kept_user; RESET ROLE; SET statement_timeout = 1; SET ROLE kept_anon',
        ['first'],
      ],
      transaction: [`${row('kept')}; COMMIT; BEGIN; LOCK api.notes; ${row('lost')}`, ['first', 'kept']],
      'transaction of all': ['BEGIN', []],
      lock: ['SELECT pg_advisory_lock(7); PREPARE mine AS SELECT 1; LISTEN notes', ['first']],
    };
    for (const [name, [sql, left]] of Object.entries(seeds)) {
      const first = { file: `${name}.sql`, sql: `${row('first')}; ${sql}` };
      for (const others of [[], [{ file: 'second.sql', sql: row('second') }]]) {
        for (let start = 1; start <= 3; start++) {
          const source = await startSource(declaration, { seed: [first, ...others], spares: 0 });
          const [api, other, copied] = await Promise.all([source.start(), source.start(), source.inCopy(bodies)]);
          const expected = [...left, ...(others.length > 0 ? ['second'] : [])];
          expect([await bodies(api), await bodies(other), copied], name).toEqual([expected, expected, expected]);
          await source.stop();
        }
      }
    }
  });

  it('go when nobody has used them for a week', async () => {
    for (let start = 0; start < 2; start++) await look();
    const before = new Date(Date.now() - 8 * 86_400_000);
    utimesSync(kept('declared')[0]!, before, before);
    const other = notes('other', { migrations: [migration] });
    for (let start = 0; start < 2; start++) await look(other);
    await expect.poll(() => kept('declared').length).toBe(1);
  });

  it('stay where another archive is larger than all may be together, which goes', async () => {
    for (let start = 0; start < 2; start++) await look();
    await expect.poll(() => kept('declared')).toHaveLength(1);
    const large = join(cache(), `declared-${'f'.repeat(32)}-1-1.tar`);
    writeFileSync(large, '');
    truncateSync(large, 600_000_000);
    const other = notes('other', { migrations: [migration] });
    for (let start = 0; start < 2; start++) await look(other);
    await expect.poll(() => kept('declared')).not.toContain(large);
    expect(kept('declared')).toHaveLength(2);
  });
});

describe('they are made anew', () => {
  const flipAt = (part: number) => (file: string) => {
    const content = readFileSync(file);
    content[Math.floor(part * (content.length - 1))]! ^= 1;
    writeFileSync(file, content);
  };

  it.each([
    ['what was kept is cut off', 'declared', (file: string) => truncateSync(file, statSync(file).size / 2)],
    ['what was kept is empty', 'declared', (file: string) => truncateSync(file)],
    ['what was kept is wrong in its last byte', 'declared', flipAt(1)],
    ['what was kept is wrong in the middle', 'declared', flipAt(0.5)],
  ] as const)('where %s', async (_, kind, damage) => {
    const first = await look();
    await look();
    const [file] = kept(kind);
    damage(file!);
    falsifyTranscript();
    expect(isReplayed(await look())).toBe(true);
    expect(isReplayed(await look())).toBe(true);
    rmSync(kept('transcript')[0]!);
    for (const archive of kept('declared')) rmSync(archive);
    expect(await look()).toEqual(first);
  });

  it.each([
    ['cut off', (file: string) => truncateSync(file, statSync(file).size / 2)],
    ['wrong in the middle', flipAt(0.5)],
    ['gone', (file: string) => rmSync(file)],
  ] as const)('where the cluster before them is %s', async (_, damage) => {
    const first = await look();
    await look();
    damage(kept('cluster')[0]!);
    expect(await look()).toEqual(first);
    expect(await look()).toEqual(first);
    expect(kept('cluster')).toHaveLength(1);
  });

  it('where Postgres does not start from what was kept, which then goes', async () => {
    const first = await look();
    await look();
    const [file] = kept('declared');
    const content = readFileSync(file!);
    content.fill(0, content.indexOf('./global/pg_control') + 512, content.indexOf('./global/pg_control') + 1024);
    rmSync(file!);
    const wrong = file!.replace(/-[0-9a-f]+\.tar$/, `-${crc32(content).toString(16)}.tar`);
    writeFileSync(wrong, content, { mode: 0o600 });
    expect(await look()).toEqual(first);
    expect(kept('declared')).not.toContain(wrong);
    await expect.poll(() => kept('declared')).toHaveLength(1);
    expect(kept('cluster')).toHaveLength(1);
  });

  it('but stay where Postgres starts from nothing else either', async () => {
    for (let start = 0; start < 2; start++) await look();
    await expect.poll(() => kept('declared')).toHaveLength(1);
    const [archive] = kept('declared');
    const [, key] = /declared-([0-9a-f]{32})-/.exec(archive!)!;
    const options = { superuser: 'postgres', settings: { shared_buffers: 'none' } };
    await expect(startDeclaredPostgres(options, key)).rejects.toMatchObject({ code: 'start_failed' });
    expect(kept('declared')).toEqual([archive]);
  });

  it('where they are of another cluster', async () => {
    const first = await look();
    await look();
    rmSync(kept('cluster')[0]!);
    await (await startPostgres()).stop();
    falsifyTranscript();
    expect(isReplayed(await look())).toBe(true);
    expect(first.rows).toEqual([{ id: 1, body: 'seeded' }]);
  });
});

describe('nothing is kept', () => {
  it.each([
    ['rows', 'CREATE TABLE t AS SELECT 1 AS id'],
    ['a number of a sequence', `CREATE SEQUENCE s; SELECT nextval('s')`],
    ['a large object', 'SELECT lo_create(0)'],
    ['a trigger on what the package writes', LOGGED.replaceAll('api.', 'public.')],
  ])('of a database with %s, however they came there', async (_, sql) => {
    await using postgres = await startPostgres();
    const wroteMore = statementsOf('testing/databases')('wrote_more', { private: 'kept_private' });
    await withClient(postgres.connection('postgres'), async (client) => {
      await client.query('CREATE SCHEMA kept_private CREATE TABLE migrations (id serial)');
      await client.query('INSERT INTO kept_private.migrations DEFAULT VALUES');
      expect((await client.query<Row>(wroteMore)).rows).toEqual([{ wrote_more: false }]);
      await client.query(sql);
      expect((await client.query<Row>(wroteMore)).rows).toEqual([{ wrote_more: true }]);
    });
  });

  it('of files that somebody changes meanwhile', async () => {
    await using postgres = await startPostgres();
    const { uid, gid } = statSync(join(postgres.directory, 'data'));
    const directory = { path: postgres.directory, user: process.getuid!() === 0 ? { uid, gid } : undefined };
    const key = { key: 'a'.repeat(32), initial: kept('cluster')[0]! };
    const [session, other] = [1, 2].map(() => new pg.Client(postgres.connection('postgres')));
    await Promise.all([session!.connect(), other!.connect()]);
    const texts: string[] = [];
    let meanwhile = '';
    const client = {
      async query(text: string) {
        // Between the copy of the files and the last look.
        if (texts.includes(text)) await other!.query(meanwhile);
        texts.push(text);
        return session!.query(text);
      },
    } as unknown as pg.ClientBase;
    // Whether the password is right does not matter here.
    const keep = () => keepDeclared(key, { directory, password: 'x'.repeat(32), client });
    meanwhile = 'CREATE TABLE t ()';
    await keep();
    expect(new Set(texts).size).toBe(texts.length - 1);
    expect(readdirSync(cache()).filter((name) => !name.startsWith('cluster'))).toEqual([]);

    meanwhile = 'SELECT 1';
    const isKept = async () => {
      texts.length = 0;
      await keep();
      return kept('declared').length;
    };
    // Postgres itself may write something too.
    await expect.poll(isKept, { timeout: 60_000, interval: 200 }).toBe(1);
    await Promise.all([session!.end(), other!.end()]);
  });

  it('of a server whose session ends meanwhile', async () => {
    await using postgres = await startPostgres();
    const { uid, gid } = statSync(join(postgres.directory, 'data'));
    const directory = { path: postgres.directory, user: process.getuid!() === 0 ? { uid, gid } : undefined };
    const session = new pg.Client(postgres.connection('postgres'));
    await session.connect();
    let positions = 0;
    const client = {
      query: (text: string) =>
        text.includes('wal_insert') && ++positions === 2 ? Promise.reject(new Error('ended')) : session.query(text),
    } as unknown as pg.ClientBase;
    await keepDeclared({ key: 'b'.repeat(32), initial: kept('cluster')[0]! }, { directory, password: '', client });
    expect(readdirSync(cache()).filter((name) => !name.startsWith('cluster'))).toEqual([]);
    await session.end();
  });

  it('of a process that is killed while it keeps them', async () => {
    const program = await quickProgram('environment', temporaryDirectory());
    const env = { ...process.env, SECURED_POSTGREST_CACHE: cache() };
    const start = () => runProgram([process.execPath, program, 'stop'], { env });
    const first = start();
    expect(await first.ended, first.errors()).toEqual({ code: 0, signal: null });
    const second = start();
    await expect
      .poll(() => readdirSync(cache()).some((name) => name.startsWith('unfinished')), { interval: 1 })
      .toBe(true);
    second.child.kill('SIGKILL');
    await second.ended;
    await expect.poll(() => readdirSync(cache()).filter((name) => name.startsWith('unfinished'))).toEqual([]);
  });
});
