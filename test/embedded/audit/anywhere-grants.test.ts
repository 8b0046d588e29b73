import { describe } from 'vitest';
import { useAnywhereDatabase } from '../../support/audit/anywhere-database.ts';
import { onDatabase, OWN_NOTES, SUB } from '../../support/audit/notes.ts';
import { testRule } from '../../support/audit/rule-cases.ts';
import { SUPABASE } from '../../support/audit/supabase-base.ts';

const database = useAnywhereDatabase();

describe('granted_to_public', () => {
  testRule(
    database,
    'granted_to_public',
    [
      {
        title: 'a table without row security that PUBLIC may read',
        sql: 'CREATE TABLE api.a (id int); GRANT SELECT ON api.a TO PUBLIC',
        level: 'warning',
        object: 'api.a',
        says: ['SELECT', 'anon and member'],
      },
      {
        title: 'a column that PUBLIC may read',
        sql: 'CREATE TABLE api.a (id int, b int); GRANT SELECT (b) ON api.a TO PUBLIC',
        level: 'warning',
        object: 'api.a',
        says: ['SELECT'],
      },
      {
        title: 'a table with policies for information',
        sql: `${OWN_NOTES} GRANT SELECT ON api.notes TO PUBLIC`,
        level: 'info',
        object: 'api.notes',
        says: ['PUBLIC'],
      },
      {
        title: "a function with its owner's rights that was granted to members, and that PUBLIC may execute too",
        sql: `CREATE FUNCTION api.f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT 1'; GRANT EXECUTE ON FUNCTION api.f TO PUBLIC, member`,
        level: 'warning',
        object: 'api.f()',
        says: ['granted to member', 'PUBLIC to anon'],
      },
      {
        title: "functions with their callers' rights for information, all in one finding",
        sql: `CREATE FUNCTION api.f() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE FUNCTION api.g() RETURNS int LANGUAGE sql AS 'SELECT 1'; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA api TO PUBLIC`,
        level: 'info',
        object: 'schema api',
        says: ['2 functions'],
      },
    ],
    [
      {
        title: 'a table of a schema that is not exposed',
        sql: 'CREATE TABLE private.a (id int); GRANT SELECT ON private.a TO PUBLIC',
      },
      { title: 'a grant to a role', sql: 'CREATE TABLE api.a (id int); GRANT SELECT ON api.a TO anon' },
      {
        title: "a function with its owner's rights that all roles of requests were granted by name",
        sql: `CREATE FUNCTION api.f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT 1'; GRANT EXECUTE ON FUNCTION api.f TO PUBLIC, anon, member`,
      },
    ],
  );
});

describe('create_on_schema', () => {
  testRule(
    database,
    'create_on_schema',
    [
      {
        title: 'CREATE for members on the exposed schema',
        sql: 'GRANT CREATE ON SCHEMA api TO member',
        level: 'warning',
        object: 'schema api',
        says: ['lets member create'],
      },
      {
        title: 'CREATE for PUBLIC on a schema in which a function looks for names with its owner’s rights'.replace(
          '’',
          "'",
        ),
        sql: `GRANT CREATE ON SCHEMA private TO PUBLIC; CREATE FUNCTION api.f() RETURNS int LANGUAGE sql SECURITY DEFINER SET search_path = private, pg_temp AS 'SELECT 1';
          GRANT EXECUTE ON FUNCTION api.f TO member`,
        level: 'error',
        object: 'schema private',
        says: ['anon and member', 'api.f() looks for names there'],
      },
      {
        title: 'CREATE on a schema that nothing searches for information',
        sql: 'GRANT CREATE ON SCHEMA private TO member',
        level: 'info',
        object: 'schema private',
        says: ['member'],
      },
    ],
    [
      { title: 'USAGE on a schema', sql: 'GRANT USAGE ON SCHEMA private TO member' },
      {
        title: 'CREATE for a role that no request becomes',
        sql: 'RESET ROLE; CREATE ROLE maker; GRANT CREATE ON SCHEMA api TO maker',
      },
    ],
  );
});

describe('default_privileges', () => {
  const enabling = `RESET ROLE; CREATE FUNCTION private.enable() RETURNS event_trigger LANGUAGE plpgsql AS $$ DECLARE made record; BEGIN
      FOR made IN SELECT * FROM pg_event_trigger_ddl_commands() LOOP EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', made.object_identity); END LOOP; END $$;
      CREATE EVENT TRIGGER enable ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION private.enable();`;
  testRule(
    database,
    'default_privileges',
    [
      {
        title: 'later tables of the exposed schema for the anonymous role',
        sql: 'ALTER DEFAULT PRIVILEGES IN SCHEMA api GRANT ALL ON TABLES TO anon',
        level: 'warning',
        object: 'default privileges of owner',
        says: ['tables in api to anon'],
      },
      {
        title: 'later tables of every schema for PUBLIC',
        sql: 'ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO PUBLIC',
        level: 'warning',
        object: 'default privileges of owner',
        says: ['PUBLIC'],
      },
      {
        title: 'later tables for a role that needs a token, for information',
        sql: 'ALTER DEFAULT PRIVILEGES IN SCHEMA api GRANT SELECT ON TABLES TO member',
        level: 'info',
        object: 'default privileges of owner',
        says: ['member'],
      },
      {
        title: 'later functions for information',
        sql: 'ALTER DEFAULT PRIVILEGES IN SCHEMA api GRANT EXECUTE ON FUNCTIONS TO anon',
        level: 'info',
        object: 'default privileges of owner',
        says: ['routines'],
      },
      {
        title: 'later tables for information where an event trigger turns row security on',
        sql: `ALTER DEFAULT PRIVILEGES IN SCHEMA api GRANT SELECT ON TABLES TO anon; ${enabling}`,
        level: 'info',
        object: 'default privileges of owner',
        says: ['anon'],
      },
      {
        title: 'the defaults of Supabase for information',
        sql: `${SUPABASE} RESET ROLE; ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA public GRANT ALL ON TABLES TO anon, member, service_role`,
        level: 'info',
        object: 'default privileges of postgres',
        says: ['anon and member'],
      },
      {
        title: 'defaults of a schema that the user of Supabase exposes',
        sql: `${SUPABASE} RESET ROLE; ALTER ROLE authenticator SET pgrst.db_schemas = 'public, api'; ALTER DEFAULT PRIVILEGES FOR ROLE postgres IN SCHEMA api GRANT ALL ON TABLES TO anon`,
        level: 'warning',
        object: 'default privileges of postgres',
        says: ['anon'],
      },
    ],
    [
      {
        title: 'a schema that is not exposed',
        sql: 'ALTER DEFAULT PRIVILEGES IN SCHEMA private GRANT SELECT ON TABLES TO member, anon',
      },
      {
        title: 'a role that no request becomes',
        sql: 'RESET ROLE; CREATE ROLE backend; ALTER DEFAULT PRIVILEGES FOR ROLE owner IN SCHEMA api GRANT SELECT ON TABLES TO backend',
      },
      {
        title: 'defaults of a role that cannot create tables there',
        sql: 'RESET ROLE; CREATE ROLE nobody_here; ALTER DEFAULT PRIVILEGES FOR ROLE nobody_here GRANT SELECT ON TABLES TO anon',
      },
      {
        title: "Postgres' own default for functions",
        sql: 'ALTER DEFAULT PRIVILEGES GRANT EXECUTE ON FUNCTIONS TO PUBLIC',
      },
    ],
  );
});

describe('truncate_granted', () => {
  const clear = `CREATE FUNCTION api.clear() RETURNS int LANGUAGE sql AS 'TRUNCATE TABLE api.notes; SELECT 1'; GRANT EXECUTE ON FUNCTION api.clear TO member`;
  testRule(
    database,
    'truncate_granted',
    [
      {
        title: 'TRUNCATE and TRIGGER for information, all tables of a schema in one finding',
        sql: `${OWN_NOTES} CREATE TABLE api.a (id int); GRANT TRUNCATE ON api.notes TO member; GRANT TRIGGER ON api.a TO anon`,
        level: 'info',
        object: 'schema api',
        says: ['2 tables', 'TRUNCATE, TRIGGER'],
      },
      {
        title: 'a table that a function empties',
        sql: `${OWN_NOTES} ${clear}; GRANT TRUNCATE ON api.notes TO member`,
        level: 'warning',
        object: 'api.notes',
        says: ['api.clear()', 'member'],
      },
    ],
    [
      { title: 'commands on rows', sql: OWN_NOTES },
      { title: 'a function without the grant', sql: `${OWN_NOTES} ${clear}` },
    ],
  );
});

describe('column_grant_undone', () => {
  const table = 'CREATE TABLE api.people (id int, name text, salary int);';
  testRule(
    database,
    'column_grant_undone',
    [
      {
        title: 'columns granted beside the whole table',
        sql: `${table} GRANT SELECT ON api.people TO member; GRANT SELECT (id, name) ON api.people TO member`,
        level: 'warning',
        object: 'api.people',
        says: ['id and name to member', 'all columns to member'],
      },
      {
        title: 'columns granted to a role, and the whole table to PUBLIC',
        sql: `${table} GRANT UPDATE ON api.people TO PUBLIC; GRANT UPDATE (name) ON api.people TO member`,
        level: 'warning',
        object: 'api.people',
        says: ['UPDATE on name to member', 'PUBLIC'],
      },
      {
        title: 'a table of which no row is reached for information',
        sql: `${table} ALTER TABLE api.people ENABLE ROW LEVEL SECURITY; GRANT SELECT ON api.people TO member; GRANT SELECT (id) ON api.people TO member`,
        level: 'info',
        object: 'api.people',
        says: ['member'],
      },
    ],
    [
      { title: 'columns alone', sql: `${table} GRANT SELECT (id, name) ON api.people TO member` },
      {
        title: 'columns for one role, and the table for another',
        sql: `${table} GRANT SELECT ON api.people TO member; GRANT SELECT (id) ON api.people TO anon`,
      },
      {
        title: 'columns of a role that another one, with the whole table, inherits',
        sql: `${table} GRANT SELECT ON api.people TO member; GRANT SELECT (id) ON api.people TO anon; RESET ROLE; GRANT anon TO member`,
      },
      {
        title: 'different commands',
        sql: `${table} GRANT SELECT ON api.people TO member; GRANT UPDATE (name) ON api.people TO member`,
      },
    ],
  );
});

describe('sequence_granted', () => {
  const tasks = 'CREATE TABLE api.tasks (id serial PRIMARY KEY); GRANT USAGE ON SEQUENCE api.tasks_id_seq TO member;';
  const set = `CREATE FUNCTION api.set_next(next bigint) RETURNS bigint LANGUAGE sql AS $$ SELECT setval('api.tasks_id_seq', next) $$; GRANT EXECUTE ON FUNCTION api.set_next TO member;`;
  testRule(
    database,
    'sequence_granted',
    [
      {
        title: 'UPDATE for information',
        sql: `${tasks} GRANT UPDATE ON SEQUENCE api.tasks_id_seq TO member`,
        level: 'info',
        object: 'schema api',
        says: ['1 sequence', 'member'],
      },
      {
        title: 'a sequence that a function sets',
        sql: `${tasks} ${set} GRANT UPDATE ON SEQUENCE api.tasks_id_seq TO member`,
        level: 'warning',
        object: 'api.tasks_id_seq',
        says: ['api.set_next(bigint)', 'member'],
      },
    ],
    [
      { title: 'USAGE', sql: tasks },
      { title: 'a function that may not set the sequence', sql: `${tasks} ${set}` },
    ],
  );
});

describe('large_objects', () => {
  const read = `CREATE FUNCTION api.file(id oid) RETURNS bytea LANGUAGE sql AS 'SELECT lo_get(id)'; GRANT EXECUTE ON FUNCTION api.file TO member; SELECT lo_from_bytea(4711, 'x');`;
  const compatible = onDatabase('ALTER DATABASE %I SET lo_compat_privileges = on');
  testRule(
    database,
    'large_objects',
    [
      {
        title: 'large objects without owners that a function reads',
        sql: `${read} ${compatible}`,
        level: 'warning',
        object: 'database t1',
        says: ['lo_compat_privileges', 'api.file(oid)', 'member'],
      },
      {
        title: 'large objects without owners that nothing reads, for information',
        sql: compatible,
        level: 'info',
        object: 'database t1',
        says: ['lo_compat_privileges'],
      },
      {
        title: 'a granted large object that a function reads',
        sql: `${read} GRANT SELECT ON LARGE OBJECT 4711 TO member`,
        level: 'warning',
        object: 'database t1',
        says: ['1 large object granted to member', 'api.file(oid)'],
      },
      {
        title: 'a large object of PUBLIC that nothing reads, for information',
        sql: `SELECT lo_from_bytea(4711, 'x'); GRANT SELECT ON LARGE OBJECT 4711 TO PUBLIC`,
        level: 'info',
        object: 'database t1',
        says: ['PUBLIC'],
      },
    ],
    [{ title: 'large objects with owners', sql: read }],
  );
});

describe('sensitive_column', () => {
  const accounts =
    'CREATE TABLE api.accounts (user_id text PRIMARY KEY, name text, password_hash text); ALTER TABLE api.accounts ENABLE ROW LEVEL SECURITY;';
  const everybody = 'CREATE POLICY everybody ON api.accounts FOR SELECT USING (true);';
  const own = `CREATE POLICY own ON api.accounts FOR SELECT USING (user_id = ${SUB});`;
  testRule(
    database,
    'sensitive_column',
    [
      {
        title: 'hashes of passwords that requests without a token read',
        sql: `${accounts} ${everybody} GRANT SELECT ON api.accounts TO anon, member`,
        level: 'error',
        object: 'api.accounts.password_hash',
        says: ['anon and member'],
      },
      {
        title: 'hashes of passwords of others that members read',
        sql: `${accounts} ${everybody} GRANT SELECT ON api.accounts TO member`,
        level: 'warning',
        object: 'api.accounts.password_hash',
        says: ['member may read it'],
      },
      {
        title: 'one column that is granted by itself',
        sql: `${accounts} ${everybody} GRANT SELECT (user_id, password_hash) ON api.accounts TO anon`,
        level: 'error',
        object: 'api.accounts.password_hash',
        says: ['anon'],
      },
      {
        title: 'a secret of a service',
        sql: 'CREATE TABLE api.shops (id int, stripe_secret_key text); GRANT SELECT ON api.shops TO anon',
        level: 'error',
        object: 'api.shops.stripe_secret_key',
        says: ['anon'],
      },
      {
        title: "a member's own, for information",
        sql: `${accounts} ${own} GRANT SELECT ON api.accounts TO member`,
        level: 'info',
        object: 'api.accounts.password_hash',
        says: ['a claim selects'],
      },
      {
        title: "a column of a view with its owner's rights",
        sql: `${accounts.replaceAll('api.', 'private.')} CREATE VIEW api.people AS SELECT name, password_hash AS "passwordHash" FROM private.accounts; GRANT SELECT ON api.people TO anon`,
        level: 'error',
        object: 'api.people.passwordHash',
        says: ['anon'],
      },
    ],
    [
      {
        title: 'a column that is not granted',
        sql: `${accounts} ${everybody} GRANT SELECT (user_id, name) ON api.accounts TO anon`,
      },
      { title: 'a table whose rows nobody reads', sql: `${accounts} GRANT SELECT ON api.accounts TO anon` },
      {
        title: 'words that only sound like secrets, and types that hold none',
        sql: `CREATE TABLE api.models (token_count int, secretary text, password_rules text, tokenizer text, has_password boolean, token_expires_at timestamptz, key text, password_hash boolean, public_api_key text, base_token text, map_pin text);
          GRANT SELECT ON api.models TO anon`,
      },
      {
        title: 'a table of a schema that is not exposed',
        sql: 'CREATE TABLE private.a (token text); GRANT SELECT ON private.a TO anon',
      },
      {
        title: 'a table that requests only write',
        sql: 'CREATE TABLE api.a (token text); GRANT INSERT ON api.a TO anon',
      },
    ],
  );
});

describe('inherits', () => {
  const partitioned = `
    CREATE TABLE api.events (tenant_id text NOT NULL, id int) PARTITION BY LIST (tenant_id); CREATE TABLE api.events_b PARTITION OF api.events FOR VALUES IN ('b');
    ALTER TABLE api.events ENABLE ROW LEVEL SECURITY; GRANT SELECT ON api.events TO member; CREATE POLICY tenant ON api.events FOR SELECT TO member USING (tenant_id = ${SUB});`;
  const protect = 'ALTER TABLE api.events_b ENABLE ROW LEVEL SECURITY;';
  const pages = `CREATE TABLE api.pages (id int, title text); ALTER TABLE api.pages ENABLE ROW LEVEL SECURITY; GRANT SELECT ON api.pages TO anon;
    CREATE POLICY everybody ON api.pages FOR SELECT TO anon USING (true);`;
  testRule(
    database,
    'inherits',
    [
      {
        title: 'a partition without row security by its own name',
        sql: `${partitioned} GRANT SELECT ON api.events_b TO member`,
        level: 'error',
        object: 'api.events_b',
        says: ['api.events', 'member may select'],
      },
      {
        title: 'a child with policies that its parent does not have',
        sql: `${pages} CREATE TABLE api.drafts (user_id text) INHERITS (api.pages); ALTER TABLE api.drafts ENABLE ROW LEVEL SECURITY; GRANT SELECT ON api.drafts TO anon;
          CREATE POLICY own ON api.drafts FOR SELECT TO anon USING (user_id = ${SUB})`,
        level: 'error',
        object: 'api.drafts',
        says: ['api.pages', 'anon may select'],
      },
      {
        title: 'a child in a schema that requests may not use',
        sql: `${pages} CREATE TABLE private.unreleased (cost int) INHERITS (api.pages)`,
        level: 'warning',
        object: 'private.unreleased',
        says: ['api.pages', 'anon may select'],
      },
      {
        title: 'a child that only its parent shows, for information',
        sql: `${pages} CREATE TABLE api.archive () INHERITS (api.pages)`,
        level: 'info',
        object: 'api.archive',
        says: ['api.pages'],
      },
    ],
    [
      { title: 'a partition without a grant', sql: partitioned },
      {
        title: 'a partition with the policy of its parent',
        sql: `${partitioned} ${protect} GRANT SELECT ON api.events_b TO member; CREATE POLICY tenant ON api.events_b FOR SELECT TO member USING (tenant_id = ${SUB})`,
      },
      {
        title: 'a partition without policies',
        sql: `${partitioned} ${protect} GRANT SELECT ON api.events_b TO member`,
      },
      {
        title: 'a partition of another schema',
        sql: `${partitioned} ALTER TABLE api.events_b SET SCHEMA private; GRANT SELECT ON private.events_b TO member`,
      },
    ],
  );
});

describe('published and subscribed', () => {
  testRule(
    database,
    'published',
    [
      {
        title: 'tables with policies for information, all of a publication in one finding',
        sql: `${OWN_NOTES} RESET ROLE; CREATE PUBLICATION copies FOR TABLE api.notes`,
        level: 'info',
        object: 'publication copies',
        says: ['api.notes'],
        mends: false,
      },
      {
        title: 'a table without row security that Realtime of Supabase sends',
        sql: `${SUPABASE} CREATE TABLE public.messages (id int); GRANT SELECT ON public.messages TO anon; RESET ROLE; CREATE PUBLICATION supabase_realtime FOR TABLE public.messages`,
        level: 'warning',
        object: 'public.messages',
        says: ['anon'],
      },
    ],
    [
      {
        title: 'a table without policies',
        sql: 'CREATE TABLE api.a (id int); RESET ROLE; CREATE PUBLICATION copies FOR TABLE api.a',
      },
      {
        title: 'a publication with a condition on rows',
        sql: `${OWN_NOTES} ALTER TABLE api.notes REPLICA IDENTITY FULL; RESET ROLE; CREATE PUBLICATION copies FOR TABLE api.notes WHERE (id > 5)`,
      },
    ],
  );
  const subscribe = `RESET ROLE; CREATE SUBSCRIPTION copies CONNECTION 'host=nowhere' PUBLICATION copies WITH (connect = false); SET LOCAL allow_system_table_mods = on;
    INSERT INTO pg_subscription_rel SELECT oid, 'api.notes'::regclass, 'r', NULL FROM pg_subscription;`;
  testRule(
    database,
    'subscribed',
    [
      {
        title: 'a table with policies that a subscription writes, for information',
        sql: `${OWN_NOTES} ${subscribe}`,
        level: 'info',
        object: 'api.notes',
        says: ['copies'],
        mends: false,
      },
    ],
    [{ title: 'a table without policies', sql: `CREATE TABLE api.notes (id int); ${subscribe}` }],
  );
});
