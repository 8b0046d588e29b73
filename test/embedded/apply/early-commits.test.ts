import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyDeclaration, auditDatabase, diffDeclaration } from '../../../apply/index.ts';
import type { DatabaseConnection } from '../../../postgres/connect.ts';
import { allRows, custom, declare, type SqlSource } from '../../../declaration/index.ts';
import { withClient } from '../../../postgres/with-client.ts';
import {
  startEphemeralPostgrest,
  startPostgres,
  type EphemeralPostgrest,
  type PostgresServer,
} from '../../../testing/index.ts';
import { app, drops, fails, slow, user } from '../../support/commits/app.ts';
import { compiled } from '../../support/compiled.ts';
import { rejection } from '../../support/errors.ts';

let postgres: PostgresServer;
let api: EphemeralPostgrest;
let admin: DatabaseConnection;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

/** An API in use, on a database of its own. */
async function running(use: () => Promise<void>): Promise<void> {
  api = await startEphemeralPostgrest(app(), { backend: { existing: postgres.connection('postgres') } });
  const { hostname, port, username, password, pathname } = new URL(api.databaseUrl);
  admin = {
    host: hostname,
    port: Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: pathname.slice(1),
  };
  try {
    await use();
  } finally {
    await api.stop();
  }
}

/** What the API answers to anonymous and to a tenant. */
async function answers(path: string) {
  const clients = [await api.as(), await api.as(user, { tenant: 1 }), await api.as(user, { tenant: 2 })];
  return Promise.all(
    clients.map(async (client) => {
      const response = await client.fetch(path);
      return response.ok ? await response.json() : response.status;
    }),
  );
}

/** Asks again and again until `work` is done, and says what each client was answered, once. */
async function answersDuring(path: string, work: Promise<unknown>) {
  let done = false;
  const finished = work.finally(() => (done = true)).catch(() => undefined);
  const seen = [new Set<string>(), new Set<string>(), new Set<string>()];
  while (!done) (await answers(path)).forEach((answer, n) => seen[n]!.add(JSON.stringify(answer)));
  await finished;
  return seen;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 20));
}

const ids = '/items?select=id&order=id';
const open = [401, [{ id: 1 }], [{ id: 2 }]];
const sealed = [401, 403, 403];

describe('while a deploy has committed only some of its migrations', () => {
  it('a dropped restrictive policy shows no row to another tenant, and the corrected deploy opens the table again', () =>
    running(async () => {
      expect(await answers(ids)).toEqual(open);
      const deploy = rejection(applyDeclaration(admin, app(drops, fails)));
      for (const [n, seen] of (await answersDuring(ids, deploy)).entries()) {
        expect([JSON.stringify(open[n]), '403']).toEqual(expect.arrayContaining([...seen]));
      }
      const error = await deploy;
      expect(error.code).toBe('migration_failed');
      expect(error.message).toMatch(/^003_unique\.sql:1: could not create unique index "items_grp"/);
      expect(error.message).toContain(
        '; committed: 002_type.sql; closed until a deploy succeeds: api.items [migration_failed]',
      );
      expect(await answers(ids)).toEqual(sealed);
      // What rests on nothing that was changed is served as before.
      expect(await answers('/others?select=id')).toEqual([401, [{ id: 3 }], [{ id: 4 }]]);

      const again = await rejection(applyDeclaration(admin, app(drops, fails)));
      expect(again.message).not.toContain('committed:');
      expect(again.message).toContain('closed until a deploy succeeds: api.items');
      expect(await answers(ids)).toEqual(sealed);
      const { statements, migrations } = await diffDeclaration(admin, app(drops, fails));
      expect(migrations).toEqual(['003_unique.sql']);
      expect(statements).toContainEqual(
        expect.stringContaining('GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE "api"."items"'),
      );
      expect(
        (await auditDatabase(admin, app(drops, fails))).map(({ rule, object }) => `${rule} ${object.text}`),
      ).toContain('not_as_declared api.items');

      await api.sql('UPDATE api.items SET grp = id');
      expect((await applyDeclaration(admin, app(drops, fails))).migrations).toEqual(['003_unique.sql']);
      expect(await answers(ids)).toEqual(open);
      expect(await diffDeclaration(admin, app(drops, fails))).toEqual({ migrations: [], statements: [], missing: [] });
    }));

  it('what changes no access leaves all of it open', () =>
    running(async () => {
      const harmless = {
        file: '002_harmless.sql',
        sql: `CREATE EXTENSION citext; CREATE TYPE mood AS ENUM ('good'); ALTER TYPE mood ADD VALUE 'bad';
          ALTER TABLE items ADD COLUMN note citext DEFAULT 'none', ADD CONSTRAINT named CHECK (title <> '') NOT VALID;
          ALTER TABLE items VALIDATE CONSTRAINT named; CREATE INDEX ON items (note);
          CREATE TABLE later (id int); CREATE FUNCTION helper() RETURNS int LANGUAGE sql AS 'SELECT 1';
          UPDATE items SET title = upper(title); ANALYZE items`,
      };
      const error = await rejection(applyDeclaration(admin, app(harmless, fails)));
      expect(error.message).toContain('; committed: 002_harmless.sql [migration_failed]');
      expect(await answers('/items?select=id,title,note')).toEqual([
        401,
        [{ id: 1, title: 'MINE', note: 'none' }],
        [{ id: 2, title: 'THEIRS', note: 'none' }],
      ]);
      expect(await answers('/others?select=id')).toEqual([401, [{ id: 3 }], [{ id: 4 }]]);
      expect(await answers('/rpc/secret')).toEqual([null, null, null]);
    }));

  it('a function that runs as its owner now answers nobody', () =>
    running(async () => {
      const definer = { file: '002_definer.sql', sql: 'ALTER FUNCTION secret() SECURITY DEFINER' };
      expect(await answers('/rpc/secret')).toEqual([null, null, null]);
      for (const migrations of [
        [definer, fails],
        [definer, { file: '003_vacuum.sql', sql: 'VACUUM items' }],
      ]) {
        const error = await rejection(applyDeclaration(admin, app(...migrations)));
        expect(error.message).toContain('closed until a deploy succeeds: api.secret');
        expect(await answers('/rpc/secret')).toEqual([401, 403, 403]);
        expect(await answers(ids)).toEqual(open);
      }
      const corrected = { file: '003_vacuum.sql', sql: 'VACUUM items' };
      const invoker = { file: '004_invoker.sql', sql: 'ALTER FUNCTION secret() SECURITY INVOKER' };
      await applyDeclaration(admin, app(definer, corrected, invoker));
      expect(await answers('/rpc/secret')).toEqual([null, null, null]);
    }));

  it('rows that are written are closed where the end shows them to fewer, and only there', () =>
    running(async () => {
      const writes = {
        file: '002_writes.sql',
        sql: 'INSERT INTO others VALUES (5, 1); INSERT INTO items VALUES (5, 1, 1)',
      };
      const declared = app(writes, fails);
      const closed = {
        ...declared,
        tables: declared.tables.map((table) => (table.name === 'others' ? { ...table, grants: [] } : table)),
      };
      const error = await rejection(applyDeclaration(admin, closed));
      expect(error.message).toContain('committed: 002_writes.sql; closed until a deploy succeeds: ');
      expect(await answers('/others?select=id')).toEqual([401, 403, 403]);
      expect(await answers(ids)).toEqual([401, [{ id: 1 }, { id: 5 }], [{ id: 2 }]]);
    }));

  it('rows that a policy reads are such rows', () =>
    running(async () => {
      const rooms = (sql: string, ...more: SqlSource[]) =>
        declare({
          name: 'app',
          schemas: ['api'],
          roles: { anonymous: 'app_anon', users: [user] },
          migrations: [
            ...app().migrations,
            {
              file: '001_rooms.sql',
              sql: `CREATE TABLE members (room int); CREATE TABLE rooms (id int); INSERT INTO rooms VALUES (1)`,
            },
            ...more,
          ],
          tables: [
            { name: 'members', grants: [{ to: user, select: true }], policies: [allRows({ to: user })] },
            {
              name: 'rooms',
              grants: [{ to: user, select: true }],
              policies: [custom({ to: user, using: { file: 'rooms.sql', sql } })],
            },
          ],
        });
      const joined = 'EXISTS (SELECT FROM api.members AS m WHERE m.room = rooms.id)';
      await applyDeclaration(admin, rooms(joined));
      await expect.poll(() => answers('/rooms')).toEqual([401, [], []]);
      const writes = { file: '002_writes.sql', sql: 'INSERT INTO members VALUES (1)' };
      await rejection(applyDeclaration(admin, rooms(`${joined} AND id > 1`, writes, fails)));
      expect(await answers('/rooms')).toEqual([401, 403, 403]);
      expect(await answers('/members')).toEqual([401, [{ room: 1 }], [{ room: 1 }]]);
    }));

  it('default privileges that a migration has widened are as declared at once', () =>
    running(async () => {
      const widens = {
        file: '002_widens.sql',
        sql: `ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO ${user}; CREATE TABLE later (id int)`,
      };
      const error = await rejection(applyDeclaration(admin, app(widens, fails)));
      expect(error.code).toBe('migration_failed');
      expect(await api.sql(`SELECT FROM pg_default_acl WHERE defaclobjtype = 'r'`)).toEqual([]);
      expect(await api.sql(`SELECT has_table_privilege('${user}', 'api.later', 'SELECT') AS granted`)).toEqual([
        { granted: false },
      ]);
    }));

  it('a new value of an enum that is used later is committed with what its file changes closed', () =>
    running(async () => {
      const kind = { file: '002_kind.sql', sql: `CREATE TYPE kind AS ENUM ('a'); ALTER TABLE others ADD kind kind` };
      const adds = { file: '003_adds.sql', sql: `ALTER TYPE kind ADD VALUE 'b'; DROP POLICY items_tenant ON items` };
      const uses = (sql: string) => ({ file: '004_uses.sql', sql: `UPDATE others SET kind = 'b'; ${sql}` });
      await applyDeclaration(admin, app(kind));
      const deploy = rejection(applyDeclaration(admin, app(kind, adds, uses('SELECT 1 / 0'))));
      for (const [n, seen] of (await answersDuring(ids, deploy)).entries()) {
        expect([JSON.stringify(open[n]), '403']).toEqual(expect.arrayContaining([...seen]));
      }
      expect((await deploy).message).toContain('; committed: 003_adds.sql; closed until a deploy succeeds: api.items');
      expect(await answers(ids)).toEqual(sealed);
      expect(await answers('/others?select=id')).toEqual([401, [{ id: 3 }], [{ id: 4 }]]);
      expect((await applyDeclaration(admin, app(kind, adds, uses('SELECT 1')))).migrations).toEqual(['004_uses.sql']);
      expect(await answers(ids)).toEqual(open);
      expect(await answers('/others?select=kind')).toEqual([401, [{ kind: 'b' }], [{ kind: 'b' }]]);
    }));

  it('what cannot be closed is not committed', () =>
    running(async () => {
      const elsewhere = {
        file: '002_elsewhere.sql',
        sql: `CREATE SCHEMA elsewhere; CREATE TABLE elsewhere.words (word text);
          GRANT USAGE ON SCHEMA elsewhere TO ${user}; GRANT SELECT ON elsewhere.words TO ${user}`,
      };
      const error = await rejection(applyDeclaration(admin, app(elsewhere, fails)));
      expect(error.code).toBe('audit_failed');
      expect(error.message).toMatch(/granted_elsewhere: role app_user .* elsewhere\.words/);
      expect(error.message).toContain('behind the last migration that cannot be part of a transaction [audit_failed]');
      expect(await api.sql(`SELECT to_regnamespace('elsewhere') AS schema`)).toEqual([{ schema: null }]);
      expect(await answers(ids)).toEqual(open);
    }));

  it('a process that is killed while a slow index is built leaves nothing open, and the next deploy need not wait', () =>
    running(async () => {
      // A build waits for all that have begun before.
      await withClient(admin, async (reader) => {
        await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT 1');
        const child = spawn(process.execPath, [compiled('test/embedded/apply/programs/apply.js')], {
          env: { ...process.env, CONNECTION: JSON.stringify(admin) },
          stdio: ['ignore', 'inherit', 'inherit'],
        });
        const exit = once(child, 'exit');
        const building = `SELECT FROM pg_stat_activity WHERE query LIKE '%items_slow%' AND wait_event_type = 'Lock'`;
        await until(async () => (await api.sql(building)).length === 1);
        expect(await answers(ids)).toEqual(sealed);
        child.kill('SIGKILL');
        await exit;
        expect(await answers(ids)).toEqual(sealed);
        await until(async () => (await api.sql(building)).length === 0);
        expect(await answers(ids)).toEqual(sealed);
      });
      await applyDeclaration(admin, app(drops, slow));
      expect(await answers(ids)).toEqual(open);
      expect(await api.sql(`SELECT indisvalid FROM pg_index WHERE indexrelid = 'api.items_slow'::regclass`)).toEqual([
        { indisvalid: true },
      ]);
    }));
});
