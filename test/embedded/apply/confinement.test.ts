import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyDeclaration, auditDatabase } from '../../../apply/index.ts';
import { custom, declare } from '../../../declaration/index.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { connectionOf } from '../../support/connection-of.ts';
import { rejection } from '../../support/errors.ts';
import { waysDeclaration } from '../audit/ways/declaration.ts';

let api: EphemeralPostgrest;

beforeAll(async () => {
  api = await startEphemeralPostgrest(waysDeclaration());
  await api.snapshot();
});
afterAll(() => api?.stop());
beforeEach(() => api.restore());

const database = () => connectionOf(api.databaseUrl);
const run = (...migrations: string[]) =>
  applyDeclaration(
    database(),
    waysDeclaration(migrations.map((sql, n) => ({ file: `migrations/00${n + 2}_way.sql`, sql }))),
  );

const MAKE = 'CREATE ROLE w_super SUPERUSER LOGIN';
const makers = () => api.sql(`SELECT rolname FROM pg_roles WHERE rolname = 'w_super'`);
/** A function that makes a superuser as soon as it runs where it may leave the owner's role. */
const leaving = (name: string, returns: string, result: string, parameters = '') =>
  `CREATE FUNCTION api.${name}(${parameters}) RETURNS ${returns} LANGUAGE plpgsql AS $$ BEGIN
    BEGIN EXECUTE 'RESET ROLE'; EXECUTE '${MAKE}'; EXCEPTION WHEN OTHERS THEN NULL; END; RETURN ${result}; END $$;`;
const requeueing = `CREATE TABLE api.q (n int);
  CREATE FUNCTION api.leave() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF NEW.n = 1 THEN SET CONSTRAINTS ALL DEFERRED; INSERT INTO q VALUES (2); ELSE EXECUTE '${MAKE}'; END IF; RETURN NEW; END $$;
  CREATE CONSTRAINT TRIGGER leave AFTER INSERT ON q DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION api.leave();
  INSERT INTO q VALUES (1)`;

describe("a migration stays in the owner's role", () => {
  it.each([
    [
      'where a cursor outlives it',
      [`${leaving('leave', 'int', '1')} DECLARE c CURSOR WITH HOLD FOR SELECT api.leave()`],
      undefined,
    ],
    [
      'where a default of the recorded migrations is its own',
      [
        `${leaving('leave', 'timestamptz', 'now()')} ALTER TABLE w_private.migrations ALTER applied_at SET DEFAULT api.leave()`,
        'VACUUM api.notes',
      ],
      'own_table_changed: w_private.migrations has other columns, constraints or expressions',
    ],
    [
      'where a type of the recorded migrations is its own',
      [
        `${leaving('leave', 'bool', 'true', 't text')} CREATE DOMAIN api.file AS text CHECK (api.leave(VALUE));
          ALTER TABLE w_private.migrations ADD CHECK (file::api.file IS NOT NULL)`,
        'VACUUM api.notes',
      ],
      'own_table_changed: w_private.migrations has other columns, constraints or expressions',
    ],
    [
      'where an index of the recorded migrations is its own',
      [
        `${leaving('leave', 'text', 't', 't text')}
          CREATE FUNCTION api.keep(t text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN api.leave(t); END';
          CREATE INDEX calls ON w_private.migrations (api.keep(file))`,
        'VACUUM api.notes',
      ],
      'own_table_changed: w_private.migrations has other columns, constraints or expressions',
    ],
    [
      'where an index of the recorded migrations would be made outside of a transaction',
      ['CREATE INDEX CONCURRENTLY ON w_private.migrations ((lower(file)))'],
      'migrations/002_way.sql:1: it makes an index of a table of the package',
    ],
    [
      'beside another function of the name of that which it runs in',
      [
        `CREATE FUNCTION w_private.run_migration(sql text, more int DEFAULT 1) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
          AS 'BEGIN EXECUTE sql; RETURN true; END'; SELECT 1; RESET ROLE; ${MAKE}`,
      ],
      'a migration changed what it runs in',
    ],
    [
      'where what it runs in may be run by the planner',
      [
        `CREATE FUNCTION api.leave() RETURNS void LANGUAGE plpgsql AS $$ BEGIN RESET ROLE; EXECUTE '${MAKE}'; END $$;
          CREATE OR REPLACE FUNCTION w_private.run_migration(sql text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE SECURITY INVOKER
          AS 'BEGIN PERFORM api.leave(); RETURN true; END'`,
        'SELECT 1',
      ],
      'a migration changed what it runs in',
    ],
    [
      'where operators and functions of its own come before those of Postgres',
      [
        `${leaving('equal', 'bool', 'true', 'a text, b text')} ${leaving('current_setting', 'text', "'on'", 'a text')}
          ${leaving('format', 'text', "'true'", 'a text')}
          CREATE OPERATOR api.= (FUNCTION = api.equal, LEFTARG = text, RIGHTARG = text);
          SET search_path = api, pg_catalog; SELECT 1`,
        'SET search_path = api, pg_catalog; SET standard_conforming_strings = off; SELECT 1',
      ],
      undefined,
    ],
    ['where a deferred trigger waits again', [requeueing], /permission denied to create role|pending trigger events/],
  ] as const)('%s', async (_, migrations, says) => {
    if (says === undefined) await run(...migrations);
    else expect((await rejection(run(...migrations))).message).toMatch(says);
    expect(await makers()).toEqual([]);
  });

  it('where a policy of its own calls what it has made', async () => {
    const file = {
      file: 'migrations/001.sql',
      sql: `CREATE TABLE t (id int); ${leaving('leave', 'int', '1')}
        CREATE FUNCTION api.keep() RETURNS int IMMUTABLE LANGUAGE plpgsql AS 'BEGIN RETURN api.leave(); END'`,
    };
    const using = { file: 'policies/own.sql', sql: 'id = api.keep()' };
    const declaration = declare({
      name: 'w',
      schemas: ['api'],
      roles: { anonymous: 'w_anon', users: ['w_user'] },
      migrations: [...waysDeclaration().migrations, { ...file, file: 'migrations/002.sql' }],
      tables: [{ name: 't', grants: [{ to: 'w_user', select: true }], policies: [custom({ to: 'w_user', using })] }],
    });
    await applyDeclaration(database(), declaration);
    expect(await makers()).toEqual([]);
    expect(await api.sql(`SELECT polname FROM pg_policy WHERE polrelid = 'api.t'::regclass`)).toHaveLength(1);
  });
});

describe('what waits for the commit', () => {
  const tables = `CREATE TABLE a (id int PRIMARY KEY);
    CREATE TABLE b (a int REFERENCES a DEFERRABLE INITIALLY DEFERRED, c int REFERENCES a DEFERRABLE);`;
  const rows = 'INSERT INTO b VALUES (1, NULL); INSERT INTO a VALUES (1);';

  it("is there at its file's end, and waits again in the next", async () => {
    await run(`${tables} ${rows}`, `ALTER TABLE b ADD d int`, 'INSERT INTO b VALUES (2); INSERT INTO a VALUES (2)');
    expect(await api.sql('SELECT a FROM api.b ORDER BY 1')).toEqual([{ a: 1 }, { a: 2 }]);
  });

  it('is told by its file', async () => {
    const error = await rejection(run(`${tables} INSERT INTO b VALUES (3)`, 'SELECT 1'));
    expect(error.message).toMatch(/^migrations\/002_way\.sql: insert or update on table "b" violates foreign key/);
  });
});

describe('the tables of the package', () => {
  it.each([
    'TRUNCATE w_private.revoked_tokens',
    'ALTER TABLE w_private.revoked_tokens RENAME TO former; CREATE TABLE w_private.revoked_tokens (LIKE w_private.former INCLUDING ALL)',
    'ALTER TABLE w_private.revoked_tokens RENAME TO former',
    'TRUNCATE w_private.migrations',
  ])('are not replaced: %s', async (sql) => {
    await api.sql(`SELECT w_private.revoke_token('revoked')`);
    const error = await rejection(run(sql));
    expect(error.code).toBe('migration_failed');
    expect(error.message).toMatch(
      /^migrations\/002_way\.sql: it replaces or empties w_private\.(revoked_tokens|migrations)/,
    );
    expect(await api.sql('SELECT jti FROM w_private.revoked_tokens')).toEqual([{ jti: 'revoked' }]);
  });

  it('lose rows one by one', async () => {
    await api.sql(`SELECT w_private.revoke_token('revoked')`);
    await run('DELETE FROM w_private.revoked_tokens');
    expect(await api.sql('SELECT jti FROM w_private.revoked_tokens')).toEqual([]);
  });
});

it("a migration cannot let go of the run's lock", async () => {
  const locks = `SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted`;
  const record = `CREATE TABLE held AS SELECT count(*)::int FROM (${locks} AND pid = pg_backend_pid()) AS l`;
  await run(`SELECT pg_advisory_unlock_all(); ${record}`);
  expect(await api.sql('SELECT count FROM api.held')).toEqual([{ count: 1 }]);
});

it('a migration adds nothing to an extension', async () => {
  const error = await rejection(run('CREATE EXTENSION citext;\nALTER EXTENSION citext ADD TABLE api.hidden'));
  expect(error.code).toBe('invalid_sql');
  expect(error.message).toMatch(/^migrations\/002_way\.sql:2: a migration cannot add to an extension/);
});

describe('an audit', () => {
  const findings = async () =>
    (await auditDatabase(database(), waysDeclaration())).map(({ level, rule, object }) => [level, rule, object.text]);

  it("does not take what is the owner's for an extension's", async () => {
    await api.sql('CREATE EXTENSION citext');
    await api.sql(`CREATE SCHEMA elsewhere AUTHORIZATION w_owner; GRANT USAGE ON SCHEMA elsewhere TO PUBLIC;
      CREATE TABLE elsewhere.words AS SELECT 'SECRET' AS word; ALTER TABLE elsewhere.words OWNER TO w_owner; GRANT SELECT ON elsewhere.words TO PUBLIC;
      CREATE FUNCTION api.tell() RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT body FROM api.hidden';
      ALTER FUNCTION api.tell() OWNER TO w_owner; GRANT EXECUTE ON FUNCTION api.tell() TO w_anon;
      CREATE FUNCTION elsewhere.tell() RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT body FROM api.hidden';
      ALTER FUNCTION elsewhere.tell() OWNER TO w_owner;
      ALTER EXTENSION citext ADD TABLE elsewhere.words; ALTER EXTENSION citext ADD FUNCTION api.tell();
      ALTER EXTENSION citext ADD FUNCTION elsewhere.tell(); ALTER EXTENSION citext ADD SCHEMA elsewhere`);
    expect(await findings()).toEqual(
      expect.arrayContaining([
        ['error', 'security_definer', 'api.tell()'],
        ['error', 'definer_elsewhere', 'elsewhere.tell()'],
        ['error', 'public_elsewhere', 'table elsewhere.words'],
      ]),
    );
  });

  it('tells of tables that show the rows of others in the managed schemas, but not of partitions', async () => {
    await api.sql(`CREATE TABLE api.child () INHERITS (api.notes); ALTER TABLE api.child OWNER TO w_owner;
      CREATE TABLE api.parent (LIKE api.notes); ALTER TABLE api.notes INHERIT api.parent;
      CREATE TABLE api.parts (id int) PARTITION BY LIST (id); CREATE TABLE api.part PARTITION OF api.parts DEFAULT`);
    expect((await findings()).filter(([, rule]) => rule === 'inherits')).toEqual([
      ['error', 'inherits', 'table api.notes'],
      ['warning', 'inherits', 'table api.parent'],
    ]);
    const error = await rejection(run('SELECT 1'));
    expect(error.message).toContain(
      'inherits: table api.notes shows the rows of its child, table api.child, by its own policies',
    );
  });
});
