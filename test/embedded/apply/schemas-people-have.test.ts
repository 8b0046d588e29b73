import { describe, expect, it } from 'vitest';
import { applyDeclaration, diffDeclaration } from '../../../apply/index.ts';
import { custom, declare, type DeclarationInput } from '../../../declaration/index.ts';
import { ADMINS, useCluster, type TestDatabase } from '../../support/database.ts';
import { POSTGRES_ADVISORIES } from '../../support/embedded-advisories.ts';
import { rejection } from '../../support/errors.ts';

const cluster = useCluster();

const declared = (name: string, migrations: readonly string[], more: Partial<DeclarationInput> = {}) =>
  declare({
    name,
    schemas: ['api'],
    roles: { anonymous: `${name}_anon`, users: [`${name}_user`] },
    migrations: migrations.map((sql, n) => ({ file: `migrations/${n + 1}.sql`, sql })),
    acceptedAdvisories: POSTGRES_ADVISORIES,
    ...more,
  });

const failure = async (database: TestDatabase, ...migrations: string[]) =>
  rejection(database.apply(declared(database.name, migrations)));

describe.each(ADMINS)('the first deploy as %s', (admin) => {
  it('creates extensions, schemas, publications and temporary tables', async () => {
    const database = await cluster.database(admin);
    const declaration = declared(database.name, [
      `CREATE SCHEMA extensions; CREATE EXTENSION citext SCHEMA extensions; CREATE EXTENSION hstore SCHEMA extensions;
       CREATE TABLE extensions.words (word extensions.citext);
       CREATE FUNCTION extensions.f() RETURNS int LANGUAGE sql AS 'SELECT 1';`,
      `CREATE TABLE items (id int); CREATE PUBLICATION changes FOR TABLE items;`,
      `CREATE TEMP TABLE kept AS SELECT 1 AS id; INSERT INTO items SELECT id FROM kept`,
    ]);
    await database.apply(declaration);
    expect(await database.sql('SELECT id FROM api.items')).toEqual([{ id: 1 }]);
    expect(await diffDeclaration(database.admin, declaration)).toEqual({ migrations: [], statements: [], missing: [] });
    for (const sql of ['SELECT * FROM extensions.words', 'SELECT extensions.f()']) {
      await expect(database.request(`${database.name}_user`, {}, sql)).rejects.toThrow('permission denied for schema');
    }
    // A later one may do so as well.
    const more = declared(database.name, [
      ...declaration.migrations.map(({ sql }) => sql),
      'CREATE TEMP TABLE kept (id int); CREATE SCHEMA more; CREATE EXTENSION IF NOT EXISTS citext',
    ]);
    await database.apply(more);
  });

  it('that fails leaves the owner alone with its privileges on the database', async () => {
    const database = await cluster.database(admin);
    await failure(database, 'SELECT 1 / 0');
    const { name } = database;
    expect(
      await database.sql(`SELECT r.rolname AS role, p.privilege_type AS privilege FROM pg_database AS d,
        aclexplode(d.datacl) AS p JOIN pg_roles AS r ON r.oid = p.grantee
        WHERE d.datname = '${name}' AND p.grantee <> d.datdba ORDER BY 2`),
    ).toEqual([
      { role: `${name}_owner`, privilege: 'CREATE' },
      { role: `${name}_owner`, privilege: 'TEMPORARY' },
    ]);
  });
});

describe('an extension that only a superuser may create', () => {
  it('is created by an admin that is one, and belongs to it; later settings and role are those of the migration', async () => {
    const database = await cluster.database();
    await database.apply(
      declared(database.name, [
        `CREATE SCHEMA extensions; SET check_function_bodies = off; SELECT set_config('search_path', 'extensions', false);
         CREATE EXTENSION IF NOT EXISTS postgres_fdw; COMMENT ON EXTENSION postgres_fdw IS 'mine';
         CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT nowhere FROM nothing';
         CREATE TABLE who AS SELECT current_user::text AS me, current_setting('search_path') AS path`,
      ]),
    );
    expect(
      await database.sql(
        `SELECT extnamespace::regnamespace::text AS schema, extowner::regrole::text AS owner, obj_description(oid) AS comment FROM pg_extension WHERE extname = 'postgres_fdw'`,
      ),
    ).toEqual([{ schema: 'extensions', owner: database.superuser.user, comment: 'mine' }]);
    expect(await database.sql('SELECT * FROM extensions.who')).toEqual([
      { me: `${database.name}_owner`, path: 'extensions' },
    ]);
  });

  it('is refused in a schema whose functions its script could call', async () => {
    const database = await cluster.database();
    const error = await failure(
      database,
      `CREATE FUNCTION format(text, VARIADIC name[]) RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$;
       CREATE EXTENSION postgres_fdw`,
    );
    expect(error.code).toBe('migration_failed');
    expect(error.message).toContain('migrations/1.sql:2: the script of the extension "postgres_fdw" runs as the admin');
    expect(error.fix).toContain('CREATE EXTENSION postgres_fdw SCHEMA extensions');
  });

  it('is refused to another admin with the way out, and may exist', async () => {
    const database = await cluster.database('database owner');
    const error = await failure(database, 'SELECT 1;\nCREATE EXTENSION IF NOT EXISTS postgres_fdw');
    expect(error.message).toContain('migrations/1.sql:2: permission denied to create extension "postgres_fdw"');
    expect(error.fix).toContain('let a superuser create "postgres_fdw" in this database once');
    await database.sql('CREATE EXTENSION postgres_fdw');
    await database.apply(declared(database.name, ['SELECT 1;\nCREATE EXTENSION IF NOT EXISTS postgres_fdw']));
  });
});

describe('a new value of an enum', () => {
  const kind = `CREATE TYPE kind AS ENUM ('a'); CREATE TABLE items (id int, kind kind DEFAULT 'a')`;
  const adds = `ALTER TYPE kind ADD VALUE 'b'`;
  const uses = `INSERT INTO items (id, kind) VALUES (1, 'b')`;

  it.each([
    ['on a new database', []],
    ['on one with the enum', [kind]],
  ])('is used by a later migration of the same run, %s', async (_, before) => {
    const database = await cluster.database();
    await database.apply(declared(database.name, before));
    const { migrations } = await database.apply(declared(database.name, [kind, adds, uses]));
    expect(migrations).toHaveLength(3 - before.length);
    expect(await database.sql('SELECT kind::text FROM api.items')).toEqual([{ kind: 'b' }]);
  });

  it('is used by a declared policy', async () => {
    const database = await cluster.database();
    await database.apply(declared(database.name, [kind]));
    const user = `${database.name}_user`;
    const using = { file: 'policies/b.sql', sql: `kind = 'b'` };
    const tables = [
      { name: 'items', grants: [{ to: user, select: true as const }], policies: [custom({ to: user, using })] },
    ];
    await database.apply(declared(database.name, [kind, adds], { tables }));
    expect(await database.request(user, {}, 'SELECT * FROM api.items')).toEqual([]);
  });

  it('is committed alone where the next migration fails, and without a commit of its own where nothing uses it', async () => {
    const database = await cluster.database();
    await database.apply(declared(database.name, [kind]));
    const labels = () => database.sql(`SELECT enumlabel FROM pg_enum ORDER BY 1`);
    await failure(database, kind, adds, `SELECT 1 / 0`);
    expect(await labels()).toEqual([{ enumlabel: 'a' }]);
    const error = await failure(database, kind, adds, `${uses}; SELECT 1 / 0`);
    expect(error.fix).toContain('committed: migrations/2.sql');
    expect(await labels()).toEqual([{ enumlabel: 'a' }, { enumlabel: 'b' }]);
    await database.apply(declared(database.name, [kind, adds, uses]));
  });

  it('is refused in its own file, with the way out', async () => {
    const database = await cluster.database();
    await database.apply(declared(database.name, [kind]));
    const error = await failure(database, kind, `${adds};\n${uses}`);
    expect(error.message).toContain('migrations/2.sql:2: unsafe use of new value "b"');
    expect(error.fix).toContain('use the value in a later migration');
  });
});

describe('a dump', () => {
  it.each(ADMINS)('runs as it is, as %s', async (admin) => {
    const database = await cluster.database(admin);
    const dump = `--
-- PostgreSQL database dump
--
\\restrict token
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE SCHEMA api;
ALTER SCHEMA api OWNER TO postgres;
CREATE SCHEMA extensions;
CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA extensions;
COMMENT ON EXTENSION citext IS 'data type for case-insensitive character strings';
CREATE FUNCTION api.later() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM api.todos';
ALTER FUNCTION api.later() OWNER TO postgres;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE api.todos (id integer NOT NULL, title extensions.citext, done boolean DEFAULT false);
ALTER TABLE api.todos OWNER TO postgres;
ALTER TABLE api.todos ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME api.todos_id_seq START WITH 1);
COPY api.todos (id, title, done) FROM stdin;
1\tit's\\ttabbed\tf
7\t\\N\tt
\\.


SELECT pg_catalog.setval('api.todos_id_seq', 7, true);
ALTER TABLE ONLY api.todos ADD CONSTRAINT todos_pkey PRIMARY KEY (id);
ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA api GRANT ALL ON TABLES TO web;
GRANT ALL ON TABLE api.todos TO ${database.name}_user;
\\unrestrict token
`;
    const { removed } = await database.apply(declared(database.name, [dump]));
    expect(await database.sql('SELECT id, title::text, done FROM api.todos ORDER BY 1')).toEqual([
      { id: 1, title: "it's\ttabbed", done: false },
      { id: 7, title: null, done: true },
    ]);
    expect(removed.map(({ place, statement }) => `${place} ${statement}`)).toEqual([
      'migrations/1.sql:16 ALTER SCHEMA api OWNER TO postgres',
      'migrations/1.sql:21 ALTER FUNCTION api.later() OWNER TO postgres',
      'migrations/1.sql:25 ALTER TABLE api.todos OWNER TO postgres',
      'migrations/1.sql:35 ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA api GRANT ALL ON TABLES TO web',
      `migrations/1.sql:36 GRANT SELECT, INSERT, UPDATE, DELETE ON api.todos TO ${database.name}_user`,
    ]);
    await expect(database.request(`${database.name}_user`, {}, 'SELECT * FROM api.todos')).rejects.toThrow('denied');
  });

  it('with a row that does not fit fails with the line of that row', async () => {
    const database = await cluster.database();
    const rows = Array.from({ length: 700 }, (_, n) => `${n === 650 ? 'x' : n}\n`).join('');
    const error = await failure(database, `CREATE TABLE t (id int);\nCOPY t FROM stdin;\n${rows}\\.\n`);
    expect(error.message).toContain('migrations/1.sql:653: invalid input syntax for type integer: "x"');
    const twice = await failure(database, `CREATE TABLE t (id int UNIQUE);\nCOPY t (id) FROM stdin;\n1\n2\n1\n\\.\n`);
    expect(twice.message).toContain('migrations/1.sql:5: duplicate key value');
  });
});

describe('a migration that cannot run names the way out', () => {
  it.each([
    [
      'an event trigger',
      'CREATE EVENT TRIGGER t ON ddl_command_end EXECUTE FUNCTION f()',
      'each deploy reloads the schema cache',
    ],
    [
      'claims',
      `SELECT current_setting('request.jwt.claims')`,
      `write the value instead, or current_setting('request.jwt.claims', true)`,
    ],
    ['another encoding', `SET client_encoding = 'LATIN1'`, 'save the file as UTF-8'],
    ['a role', 'CREATE ROLE web', 'declare the role'],
    ['a membership', 'GRANT pg_monitor TO CURRENT_USER', "declare the membership as 'inherits'"],
    ['a grant to an unknown role', 'CREATE TABLE t (); GRANT SELECT ON t TO web', 'declare "web" as a role'],
    [
      'a policy for an unknown role',
      'CREATE TABLE t (); CREATE POLICY p ON t TO web USING (true)',
      'declare "web" as a role',
    ],
    ['a setting of a newer server', 'SET nosuch = 0', 'this server does not know "nosuch"'],
    ['all tables of a publication', 'CREATE PUBLICATION p FOR ALL TABLES', 'name the tables (FOR TABLE …)'],
    ['an extension that is not there', 'CREATE EXTENSION nosuch', 'install "nosuch" on the server'],
    ['a comment on the database', `COMMENT ON SCHEMA public IS 'x'`, 'let a role that may do it run it once by hand'],
    ['an owner beside other changes', 'CREATE TABLE t (); ALTER TABLE t ADD a int, OWNER TO web', 'owns every object'],
  ])('with %s', async (_, sql, fix) => {
    const database = await cluster.database('database owner');
    const error = await failure(database, `SELECT 1;\n${sql}`);
    expect(error.place).toBe('migrations/1.sql:2');
    expect(error.fix).toContain(fix);
  });
});

describe('numbers in names', () => {
  it('count by their value, also those of migrations that have run', async () => {
    const database = await cluster.database();
    const numbered = (...names: string[]) => {
      const migrations = names.map((name) => ({ file: `migrations/${name}.sql`, sql: 'SELECT 1' }));
      return { ...declared(database.name, [], { migrations }) };
    };
    await database.apply(numbered('1', '2', '9'));
    expect((await database.apply(numbered('1', '2', '9', '10'))).migrations).toEqual(['migrations/10.sql']);
    const late = await rejection(applyDeclaration(database.admin, numbered('1', '2', '9', '10', '3')));
    expect(late.code).toBe('migration_out_of_order');
    expect((await database.apply(numbered('1', '2', '9', '10', '11'))).migrations).toEqual(['migrations/11.sql']);
  });
});
