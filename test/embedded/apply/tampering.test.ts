import { beforeAll, describe, expect, it } from 'vitest';
import { applyDeclaration, diffDeclaration } from '../../../apply/index.ts';
import { declare, membership, ownRows, type Declaration } from '../../../declaration/index.ts';
import { accessState, ADMINS, useCluster, type Row, type TestDatabase } from '../../support/database.ts';
import { FULL_TESTS } from '../../support/fuzz.ts';
import { notesMigration } from '../../support/notes.ts';

const cluster = useCluster();

/** Two exposed tables, a view, functions and types of every kind, and a role with settings. */
function library(prefix: string): Declaration {
  const [user, editor] = [`${prefix}_user`, `${prefix}_editor`];
  return declare({
    name: prefix,
    schemas: ['api'],
    internalSchemas: ['backstage'],
    roles: {
      anonymous: `${prefix}_anon`,
      users: [user, { name: editor, inherits: [user], settings: { work_mem: '8MB', timezone: 'Europe/Berlin' } }],
    },
    migrations: [
      notesMigration,
      {
        file: 'migrations/002_library.sql',
        sql: `CREATE TABLE members (note_id int PRIMARY KEY, user_id int);
          CREATE INDEX ON members (user_id);
          CREATE TABLE backstage.log (line text);
          CREATE VIEW note_list AS SELECT id, body FROM notes;
          CREATE FUNCTION hello() RETURNS text LANGUAGE sql RETURN 'hello';
          CREATE PROCEDURE work() LANGUAGE sql AS '';
          CREATE AGGREGATE total (int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
          CREATE AGGREGATE rows (*) (SFUNC = int8inc, STYPE = bigint, INITCOND = '0');
          CREATE TYPE mood AS ENUM ('good', 'bad');
          CREATE DOMAIN short AS text CHECK (length(VALUE) < 10);
          CREATE TYPE pair AS (a int, b int);
          CREATE SEQUENCE counter;
          CREATE TABLE parts (id int NOT NULL) PARTITION BY RANGE (id);
          CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10);`,
      },
    ],
    tables: [
      {
        name: 'notes',
        grants: [
          { to: user, select: ['id', 'body'], insert: ['body'] },
          { to: editor, update: true },
        ],
        policies: [
          ownRows({ to: user, column: 'user_id', claim: 'user_id', type: 'int' }),
          ownRows({ to: editor, column: 'user_id', claim: 'user_id', type: 'int' }),
          membership({
            to: user,
            for: 'select',
            column: 'id',
            type: 'int',
            through: { table: 'members', key: 'note_id', member: 'user_id' },
            claim: 'user_id',
            memberType: 'int',
          }),
        ],
      },
      {
        name: 'members',
        grants: [{ to: user, select: true }],
        policies: [ownRows({ to: user, column: 'user_id', claim: 'user_id', type: 'int' })],
      },
    ],
    views: [{ name: 'note_list', grants: [{ to: user, select: true }] }],
    functions: [{ name: 'hello', execute: user }],
  });
}

/** What somebody does by hand; `$` stands for the prefix of the roles. */
const tampering: Readonly<Record<string, string>> = {
  'a table granted to PUBLIC': 'GRANT SELECT ON api.notes TO PUBLIC',
  'a table granted to a declared role': 'GRANT TRUNCATE ON api.notes TO $_user',
  'a table granted to the authenticator': 'GRANT SELECT ON api.notes TO $_authenticator',
  'an undeclared table granted': 'GRANT SELECT ON backstage.log TO $_user',
  'a partition granted': 'GRANT SELECT ON api.parts_1 TO $_user',
  'a grant to a role that is not declared': 'GRANT ALL ON api.notes TO $_stranger',
  'a declared grant taken away': 'REVOKE SELECT ON api.members FROM $_user',
  'a grant that may be passed on': 'GRANT SELECT (id, body) ON api.notes TO $_user WITH GRANT OPTION',
  'a grant that was passed on': `GRANT USAGE ON SCHEMA api TO $_stranger; GRANT SELECT ON api.members TO $_user WITH GRANT OPTION; SET ROLE $_user;
    GRANT SELECT ON api.members TO $_stranger; RESET ROLE`,
  'a declared grant that another role passed on': `GRANT USAGE ON SCHEMA api TO $_stranger; REVOKE SELECT ON api.members FROM $_user;
    GRANT SELECT ON api.members TO $_stranger WITH GRANT OPTION; SET ROLE $_stranger;
    GRANT SELECT ON api.members TO $_user; RESET ROLE`,
  'a column granted': 'GRANT SELECT (user_id) ON api.notes TO $_user',
  'a column granted to PUBLIC': 'GRANT UPDATE (body) ON api.notes TO PUBLIC',
  'a whole table where columns are declared': 'GRANT INSERT ON api.notes TO $_user',
  'everything granted on everything': `GRANT ALL ON ALL TABLES IN SCHEMA api TO PUBLIC;
    GRANT ALL ON ALL SEQUENCES IN SCHEMA api TO PUBLIC; GRANT ALL ON ALL ROUTINES IN SCHEMA api TO PUBLIC`,
  'the private schema opened':
    'GRANT CREATE ON SCHEMA $_private TO $_user; GRANT SELECT ON $_private.migrations TO $_user',
  'a schema opened to PUBLIC': 'GRANT ALL ON SCHEMA api TO PUBLIC',
  'more on a table': 'GRANT REFERENCES, TRIGGER ON api.notes TO $_user',
  'the database closed': 'REVOKE CONNECT ON DATABASE $ FROM $_authenticator',
  'a schema closed': 'REVOKE USAGE ON SCHEMA api FROM $_user',
  'temporary tables for PUBLIC': 'GRANT TEMP ON DATABASE $ TO PUBLIC',
  'a sequence granted': 'GRANT ALL ON api.counter TO $_user',
  'a function granted': 'GRANT EXECUTE ON FUNCTION api.hello() TO $_anon',
  'a procedure granted': 'GRANT EXECUTE ON PROCEDURE api.work() TO PUBLIC',
  'aggregates granted': 'GRANT EXECUTE ON FUNCTION api.total(int), api.rows() TO PUBLIC',
  'types granted': 'GRANT USAGE ON TYPE api.mood, api.pair TO PUBLIC; GRANT USAGE ON DOMAIN api.short TO $_user',
  'row security off': 'ALTER TABLE api.notes DISABLE ROW LEVEL SECURITY',
  'row security not forced': 'ALTER TABLE api.notes NO FORCE ROW LEVEL SECURITY',
  'row security off in an internal schema': 'ALTER TABLE backstage.log DISABLE ROW LEVEL SECURITY',
  'a policy with another condition': 'ALTER POLICY "own_rows_select_$_user" ON api.notes USING (true)',
  'a policy with another condition, and its mark': `DO $do$
    DECLARE mark text := (SELECT obj_description(oid, 'pg_policy') FROM pg_policy WHERE polname = 'own_rows_select_$_user' AND polrelid = 'api.notes'::regclass);
    BEGIN
      ALTER POLICY "own_rows_select_$_user" ON api.notes USING (true);
      EXECUTE format('COMMENT ON POLICY "own_rows_select_$_user" ON api.notes IS %L', mark);
    END $do$`,
  'a policy for other roles': 'ALTER POLICY "own_rows_select_$_user" ON api.notes TO PUBLIC',
  'a policy with another name': 'ALTER POLICY "own_rows_select_$_user" ON api.notes RENAME TO own',
  'a policy more': 'CREATE POLICY open ON api.notes USING (true)',
  'a policy less': 'DROP POLICY "own_rows_select_$_user" ON api.notes',
  'a policy replaced by a looser one': `DROP POLICY "own_rows_select_$_user" ON api.notes;
    CREATE POLICY "own_rows_select_$_user" ON api.notes FOR SELECT TO $_user USING (user_id > 0)`,
  'a private function under another name': 'ALTER FUNCTION $_private.claim(text[]) RENAME TO claim_before',
  'a private function replaced': `CREATE OR REPLACE FUNCTION $_private.claim(VARIADIC path text[]) RETURNS text
    LANGUAGE sql STABLE AS $$ SELECT '1' $$`,
  'a private function changed': 'ALTER FUNCTION $_private.examine_request() RESET ALL',
  'a private function replaced, with its mark': `DO $do$
    DECLARE mark text := obj_description('$_private.pre_request()'::regprocedure, 'pg_proc');
    BEGIN
      CREATE OR REPLACE FUNCTION $_private.pre_request() RETURNS void LANGUAGE plpgsql SET search_path = '' AS 'BEGIN END';
      EXECUTE format('COMMENT ON FUNCTION $_private.pre_request() IS %L', mark);
    END $do$`,
  "a private function with its owner's rights": 'ALTER FUNCTION $_private.pre_request() SECURITY DEFINER',
  'a private function that pretends': 'ALTER FUNCTION $_private.claim(text[]) IMMUTABLE LEAKPROOF',
  'a private function under the same name': `CREATE FUNCTION $_private.claim(path text) RETURNS text
    LANGUAGE sql STABLE AS $$ SELECT '1' $$; ALTER FUNCTION $_private.claim(text) OWNER TO $_stranger`,
  'a policy that rests on a function under the same name': `CREATE FUNCTION $_private.claim(path text) RETURNS text
    LANGUAGE sql STABLE AS $$ SELECT '1' $$; ALTER FUNCTION $_private.claim(text) OWNER TO $_stranger;
    ALTER POLICY "own_rows_select_$_user" ON api.notes USING (user_id = (SELECT $_private.claim('user_id')::int))`,
  "a view with its owner's rights": 'ALTER VIEW api.note_list RESET (security_invoker)',
  'a view more':
    'CREATE VIEW api.all_notes AS SELECT * FROM api.notes; GRANT SELECT ON api.all_notes TO $_user; ALTER VIEW api.all_notes OWNER TO $_stranger',
  'a table more':
    'CREATE TABLE api.extra (); GRANT SELECT ON api.extra TO PUBLIC; ALTER TABLE api.extra OWNER TO $_stranger',
  'a definer function more': `CREATE FUNCTION api.leak() RETURNS SETOF api.notes SECURITY DEFINER
    LANGUAGE sql AS 'SELECT * FROM api.notes'; ALTER FUNCTION api.leak() OWNER TO $_stranger`,
  'foreign owners': `ALTER TABLE api.notes OWNER TO $_stranger; ALTER VIEW api.note_list OWNER TO $_stranger;
    ALTER FUNCTION api.hello() OWNER TO $_stranger; ALTER AGGREGATE api.rows(*) OWNER TO $_stranger;
    ALTER PROCEDURE api.work() OWNER TO $_stranger; ALTER TYPE api.mood OWNER TO $_stranger;
    ALTER DOMAIN api.short OWNER TO $_stranger; ALTER TYPE api.pair OWNER TO $_stranger;
    ALTER SEQUENCE api.counter OWNER TO $_stranger; ALTER SCHEMA api OWNER TO $_stranger;
    ALTER FUNCTION $_private.claim(text[]) OWNER TO $_stranger`,
  'default privileges in a schema': `ALTER DEFAULT PRIVILEGES FOR ROLE $_stranger IN SCHEMA api GRANT SELECT ON TABLES TO PUBLIC;
    ALTER DEFAULT PRIVILEGES FOR ROLE $_owner IN SCHEMA api GRANT ALL ON SEQUENCES TO $_user WITH GRANT OPTION`,
  'default privileges of the owner': `ALTER DEFAULT PRIVILEGES FOR ROLE $_owner GRANT SELECT ON TABLES TO PUBLIC;
    ALTER DEFAULT PRIVILEGES FOR ROLE $_owner GRANT ALL ON SCHEMAS TO PUBLIC;
    ALTER DEFAULT PRIVILEGES FOR ROLE $_owner GRANT ALL ON SEQUENCES TO $_user;
    ALTER DEFAULT PRIVILEGES FOR ROLE $_owner GRANT EXECUTE ON ROUTINES TO PUBLIC;
    ALTER DEFAULT PRIVILEGES FOR ROLE $_owner GRANT USAGE ON TYPES TO PUBLIC;
    ALTER DEFAULT PRIVILEGES FOR ROLE $_owner GRANT ALL ON LARGE OBJECTS TO PUBLIC`,
  'role settings': `ALTER ROLE $_user SET statement_timeout = 0; ALTER ROLE $_editor RESET work_mem;
    ALTER ROLE $_anon SET work_mem = '1GB'; ALTER ROLE $_authenticator SET role = '$_user';
    GRANT SET ON PARAMETER "odd.select" TO PUBLIC; ALTER ROLE $_authenticator SET "odd"."select" = 'x'`,
  'role settings in this database': `ALTER ROLE $_user IN DATABASE $ SET statement_timeout = 0`,
};

const filled = (text: string, database: TestDatabase) =>
  text.replace(/\$(do)?\$|\$/g, (mark) => (mark === '$' ? database.name : mark));

const cleanup = `DROP VIEW IF EXISTS api.all_notes; DROP TABLE IF EXISTS api.extra; DROP FUNCTION IF EXISTS api.leak()`;
const nothing = { migrations: [], statements: [], missing: [] };

describe.each(ADMINS)('what was changed by hand, as %s', (admin) => {
  let database: TestDatabase;
  let declaration: Declaration;
  let declared: Row[];

  // What is put right leaves nothing behind, so that one database serves all.
  beforeAll(async () => {
    database = await cluster.database(admin);
    declaration = library(database.name);
    await database.apply(declaration);
    await database.sql(`CREATE ROLE ${database.name}_stranger`);
    // What a superuser did, an owner may put right only where it may act for the role that was given it.
    await database.sql(`GRANT ${database.name}_stranger TO ${database.admin.user}`);
    declared = await accessState(database);
  });

  // Each change as one of the admins; with `FULL_TESTS=1` as both.
  const changes = Object.entries(tampering).filter((_, n) => FULL_TESTS || ADMINS[n % ADMINS.length] === admin);

  it.each(changes)('%s: is shown, put right, and then gone', async (_, change) => {
    expect(await diffDeclaration(database.admin, declaration)).toEqual(nothing);
    await database.sql(filled(change, database));
    const tampered = await accessState(database);
    const difference = await diffDeclaration(database.admin, declaration);
    expect(difference.statements).not.toEqual([]);
    expect(await accessState(database)).toEqual(tampered);

    await applyDeclaration(database.admin, declaration);
    expect(await diffDeclaration(database.admin, declaration)).toEqual(nothing);
    await database.sql(cleanup);
    expect(await accessState(database)).toEqual(declared);
  });
});
