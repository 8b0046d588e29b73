import { get, post, run, type Way } from './way.ts';

const row = { user_id: 1, body: 'new' };
/** A function that tells a secret, with its owner's rights, where no request finds it by name. */
const teller = `CREATE SCHEMA other; CREATE TABLE other.secrets AS SELECT 'SECRET elsewhere' AS body;
  CREATE FUNCTION other.tell() RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT body FROM other.secrets';
  CREATE FUNCTION other.fails(value text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE SECURITY DEFINER SET search_path = ''
    AS $$ BEGIN IF value = 'new' THEN RAISE EXCEPTION '%', (SELECT body FROM other.secrets); END IF; RETURN true; END $$;`;
const closeTeller = 'REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA other FROM PUBLIC';

export const tablesAndViews: readonly Way[] = [
  {
    name: 'a table without row security',
    sql: 'ALTER TABLE api.notes DISABLE ROW LEVEL SECURITY',
    finds: ['rls_disabled', 'api.notes'],
    ask: get('user', '/notes'),
    deploy: 'mends',
  },
  {
    name: 'an undeclared table for PUBLIC',
    sql: 'ALTER TABLE api.hidden DISABLE ROW LEVEL SECURITY; GRANT SELECT ON api.hidden TO PUBLIC',
    finds: ['granted_to_public', 'api.hidden'],
    ask: get('anonymous', '/hidden'),
    deploy: 'mends',
  },
  {
    name: 'a column of it for anonymous',
    sql: 'ALTER TABLE api.hidden DISABLE ROW LEVEL SECURITY; GRANT SELECT (body) ON api.hidden TO w_anon',
    finds: ['rls_disabled', 'api.hidden'],
    ask: get('anonymous', '/hidden?select=body'),
    deploy: 'mends',
  },
  {
    name: 'a policy for everybody',
    sql: 'CREATE POLICY open ON api.notes USING (true)',
    finds: ['not_as_declared', 'api.notes'],
    ask: get('user', '/notes'),
    deploy: 'mends',
  },
  {
    name: 'a declared policy with another condition',
    sql: `ALTER POLICY "own_rows_select_w_user" ON api.notes USING (true)`,
    finds: ['not_as_declared', 'api.notes'],
    ask: get('user', '/notes'),
    deploy: 'mends',
  },
  {
    name: "a declared view with a superuser's rights",
    sql: 'ALTER VIEW api.list RESET (security_invoker); ALTER VIEW api.list OWNER TO postgres',
    finds: ['view_bypasses_policies', 'api.list'],
    ask: get('user', '/list'),
    deploy: 'mends',
  },
  {
    name: "a declared view with its owner's rights over a table that does not bind it",
    sql: 'ALTER VIEW api.list RESET (security_invoker); ALTER TABLE api.notes NO FORCE ROW LEVEL SECURITY',
    finds: ['rls_not_forced', 'api.notes'],
    ask: get('user', '/list'),
    deploy: 'mends',
  },
  {
    name: 'an undeclared table that is given to an API role',
    sql: 'ALTER TABLE api.hidden OWNER TO w_anon; ALTER TABLE api.hidden DISABLE ROW LEVEL SECURITY',
    finds: ['role_owns_objects', 'role w_anon'],
    ask: get('anonymous', '/hidden'),
    deploy: 'mends',
  },
  {
    name: 'an undeclared definer function',
    sql: `CREATE FUNCTION api.leak() RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT body FROM api.hidden'`,
    finds: ['security_definer', 'api.leak()'],
    deploy: 'mends',
  },
  {
    name: 'a declared function that is SECURITY DEFINER now, of a superuser',
    sql: `ALTER FUNCTION api.peek() SECURITY DEFINER SET search_path = ''; ALTER FUNCTION api.peek() OWNER TO postgres`,
    finds: ['security_definer', 'api.peek()'],
    ask: post('user', '/rpc/peek'),
    deploy: 'refuses',
    repair: 'ALTER FUNCTION api.peek() SECURITY INVOKER',
  },
  {
    name: 'a rule that writes elsewhere',
    sql: 'CREATE RULE also AS ON INSERT TO api.notes DO ALSO DELETE FROM api.hidden',
    finds: ['rewrite_rule', 'rule also of api.notes'],
    deploy: 'refuses',
  },
  {
    name: 'a child elsewhere',
    sql: `CREATE SCHEMA other; CREATE TABLE other.child () INHERITS (api.notes);
      INSERT INTO other.child (id, user_id, body) VALUES (9, 1, 'SECRET child')`,
    finds: ['inherits_elsewhere', 'table api.notes'],
    ask: get('user', '/notes'),
    deploy: 'refuses',
  },
  {
    name: 'a parent elsewhere that PUBLIC reads',
    sql: `CREATE TABLE public.parent (body text); GRANT SELECT ON public.parent TO PUBLIC; ALTER TABLE api.notes INHERIT public.parent`,
    finds: ['inherits_elsewhere', 'table api.notes'],
    ask: run('anonymous', 'SELECT body FROM public.parent ORDER BY body DESC'),
    deploy: 'refuses',
    repair: 'ALTER TABLE api.notes NO INHERIT public.parent; REVOKE SELECT ON public.parent FROM PUBLIC',
  },
  {
    name: 'a partition elsewhere',
    sql: `CREATE SCHEMA other; CREATE TABLE api.parts (id int) PARTITION BY LIST (id);
      CREATE TABLE other.part PARTITION OF api.parts FOR VALUES IN (1)`,
    finds: ['inherits_elsewhere', 'table api.parts'],
    deploy: 'refuses',
    repair: 'ALTER TABLE api.parts DETACH PARTITION other.part',
  },
  {
    name: 'a publication of all tables',
    sql: 'CREATE PUBLICATION everything FOR ALL TABLES',
    finds: ['published', 'api.notes'],
    deploy: 'warns',
  },
  {
    name: 'a publication of a schema',
    sql: 'CREATE PUBLICATION whole FOR TABLES IN SCHEMA api',
    finds: ['published', 'api.hidden'],
    deploy: 'warns',
  },
];

export const privateSchema: readonly Way[] = [
  {
    name: 'row security on revoked tokens',
    sql: 'ALTER TABLE w_private.revoked_tokens ENABLE ROW LEVEL SECURITY; ALTER TABLE w_private.revoked_tokens FORCE ROW LEVEL SECURITY',
    finds: ['own_table_changed', 'w_private.revoked_tokens'],
    ask: get('revoked token', '/notes'),
    deploy: 'mends',
  },
  {
    name: 'row security on revoked subjects',
    sql: 'ALTER TABLE w_private.tokens_valid_after ENABLE ROW LEVEL SECURITY; ALTER TABLE w_private.tokens_valid_after FORCE ROW LEVEL SECURITY',
    finds: ['own_table_changed', 'w_private.tokens_valid_after'],
    ask: get('revoked subject', '/notes'),
    deploy: 'mends',
  },
  {
    name: 'a policy on revoked tokens that hides them',
    sql: `ALTER TABLE w_private.revoked_tokens ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
      CREATE POLICY none ON w_private.revoked_tokens USING (false)`,
    finds: ['own_table_changed', 'w_private.revoked_tokens'],
    ask: get('revoked token', '/notes'),
    deploy: 'mends',
  },
  {
    name: 'a trigger that drops revocations',
    sql: `DELETE FROM w_private.revoked_tokens; CREATE FUNCTION public.drop_it() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
      CREATE TRIGGER drop_it BEFORE INSERT ON w_private.revoked_tokens FOR EACH ROW EXECUTE FUNCTION public.drop_it();
      SELECT w_private.revoke_token('revoked')`,
    finds: ['own_table_changed', 'w_private.revoked_tokens'],
    ask: get('revoked token', '/notes'),
    deploy: 'mends',
    again: `SELECT w_private.revoke_token('revoked')`,
  },
  {
    name: 'a rule that drops revocations',
    sql: `DELETE FROM w_private.revoked_tokens; CREATE RULE drop_it AS ON INSERT TO w_private.revoked_tokens DO INSTEAD NOTHING;
      SELECT w_private.revoke_token('revoked')`,
    finds: ['own_table_changed', 'w_private.revoked_tokens'],
    ask: get('revoked token', '/notes'),
    deploy: 'mends',
    again: `SELECT w_private.revoke_token('revoked')`,
  },
  {
    name: 'an empty view in the place of revoked tokens',
    sql: `ALTER TABLE w_private.revoked_tokens RENAME TO kept;
      CREATE VIEW w_private.revoked_tokens AS SELECT * FROM w_private.kept WHERE false;
      GRANT SELECT ON w_private.revoked_tokens TO w_owner`,
    finds: ['own_table_changed', 'w_private.revoked_tokens'],
    ask: get('revoked token', '/notes'),
    deploy: 'refuses',
    repair: 'DROP VIEW w_private.revoked_tokens; ALTER TABLE w_private.kept RENAME TO revoked_tokens',
  },
  {
    name: 'a type that cuts off when a subject was revoked',
    sql: 'ALTER TABLE w_private.tokens_valid_after ALTER COLUMN valid_after TYPE date',
    finds: ['own_table_changed', 'w_private.tokens_valid_after'],
    ask: get('revoked subject', '/notes'),
    deploy: 'refuses',
    repair: 'ALTER TABLE w_private.tokens_valid_after ALTER COLUMN valid_after TYPE timestamptz',
    again: `SELECT w_private.revoke_subject('3')`,
  },
  {
    name: 'a type that cuts off the names of tokens',
    sql: 'ALTER TABLE w_private.revoked_tokens ALTER COLUMN jti TYPE name',
    finds: ['own_table_changed', 'w_private.revoked_tokens'],
    deploy: 'refuses',
    repair: 'ALTER TABLE w_private.revoked_tokens ALTER COLUMN jti TYPE text COLLATE "C"',
  },
  {
    name: 'a table of revoked tokens that a crash empties',
    sql: 'ALTER TABLE w_private.revoked_tokens SET UNLOGGED',
    finds: ['own_table_changed', 'w_private.revoked_tokens'],
    deploy: 'refuses',
  },
  {
    name: 'a child of revoked tokens',
    sql: 'CREATE SCHEMA other; CREATE TABLE other.child () INHERITS (w_private.revoked_tokens)',
    finds: ['own_table_changed', 'w_private.revoked_tokens'],
    deploy: 'refuses',
    repair: 'ALTER TABLE other.child NO INHERIT w_private.revoked_tokens',
  },
  {
    name: 'a check for revocation that finds none',
    sql: `CREATE OR REPLACE FUNCTION w_private.token_is_revoked() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
      SET search_path = pg_catalog, pg_temp AS 'SELECT false'`,
    finds: ['not_as_declared', 'w_private.token_is_revoked'],
    ask: get('revoked token', '/notes'),
    deploy: 'mends',
  },
  {
    name: 'a check before requests that checks nothing',
    sql: `CREATE OR REPLACE FUNCTION w_private.pre_request() RETURNS void LANGUAGE plpgsql STABLE AS 'BEGIN END'`,
    finds: ['not_as_declared', 'w_private.pre_request'],
    ask: get('revoked subject', '/notes'),
    deploy: 'mends',
  },
  {
    name: 'a claim function that answers for somebody else',
    sql: `CREATE OR REPLACE FUNCTION w_private.claim(VARIADIC path text[]) RETURNS text LANGUAGE sql STABLE AS $$ SELECT '2' $$`,
    finds: ['not_as_declared', 'w_private.claim'],
    ask: get('user', '/notes'),
    deploy: 'mends',
  },
  {
    name: 'the names of revoked tokens for anonymous',
    sql: `INSERT INTO w_private.revoked_tokens VALUES ('SECRET name', 'infinity'); GRANT SELECT ON w_private.revoked_tokens TO w_anon`,
    finds: ['not_as_declared', 'w_private.revoked_tokens'],
    ask: run('anonymous', `SELECT min(jti) FROM w_private.revoked_tokens`),
    deploy: 'mends',
  },
  {
    name: 'a trigger that revokes, disabled',
    sql: `ALTER TABLE api.staff DISABLE TRIGGER revoke_tokens; TRUNCATE w_private.tokens_valid_after;
      INSERT INTO api.staff VALUES ('3'); UPDATE api.staff SET note = 'left' WHERE user_id = '3'`,
    finds: ['not_as_declared', 'api.staff'],
    ask: get('revoked subject', '/notes'),
    deploy: 'mends',
    again: `UPDATE api.staff SET note = 'gone' WHERE user_id = '3'`,
  },
];

export const outward: readonly Way[] = [
  {
    name: "a declared view over a view elsewhere with its owner's rights that PUBLIC reads",
    sql: `CREATE SCHEMA other; CREATE VIEW other.v AS SELECT 1 AS id, 1 AS user_id, body FROM api.hidden; GRANT SELECT ON other.v TO PUBLIC;
      CREATE OR REPLACE VIEW api.list WITH (security_invoker) AS SELECT id, user_id, body FROM other.v`,
    finds: ['public_elsewhere', 'view other.v'],
    ask: get('user', '/list'),
    deploy: 'refuses',
  },
  {
    name: 'the same through one more view',
    sql: `CREATE SCHEMA other; CREATE VIEW other.v AS SELECT 1 AS id, 1 AS user_id, body FROM api.hidden; GRANT SELECT ON other.v TO PUBLIC;
      CREATE VIEW other.between WITH (security_invoker) AS SELECT * FROM other.v; GRANT SELECT ON other.between TO PUBLIC;
      CREATE OR REPLACE VIEW api.list WITH (security_invoker) AS SELECT id, user_id, body FROM other.between`,
    finds: ['public_elsewhere', 'view other.v'],
    ask: get('user', '/list'),
    deploy: 'refuses',
    repair: 'REVOKE SELECT ON other.v, other.between FROM PUBLIC',
  },
  {
    name: 'a materialized view elsewhere that PUBLIC reads',
    sql: `CREATE MATERIALIZED VIEW public.kept AS SELECT body FROM api.hidden; GRANT SELECT ON public.kept TO PUBLIC`,
    finds: ['public_elsewhere', 'materialized view public.kept'],
    ask: run('anonymous', 'SELECT body FROM public.kept'),
    deploy: 'refuses',
  },
  {
    name: 'a table elsewhere that PUBLIC reads',
    sql: `CREATE TABLE public.secrets AS SELECT 'SECRET elsewhere' AS body; GRANT SELECT ON public.secrets TO PUBLIC`,
    finds: ['public_elsewhere', 'table public.secrets'],
    ask: run('anonymous', 'SELECT body FROM public.secrets'),
    deploy: 'refuses',
  },
  {
    name: 'a column elsewhere that PUBLIC reads',
    sql: `CREATE TABLE public.secrets AS SELECT 'SECRET elsewhere' AS body; GRANT SELECT (body) ON public.secrets TO PUBLIC`,
    finds: ['public_elsewhere', 'column body of table public.secrets'],
    ask: run('anonymous', 'SELECT body FROM public.secrets'),
    deploy: 'refuses',
  },
  {
    name: 'a table elsewhere for anonymous',
    sql: `CREATE SCHEMA other; CREATE TABLE other.secrets AS SELECT 'SECRET elsewhere' AS body;
      GRANT USAGE ON SCHEMA other TO w_anon; GRANT SELECT ON other.secrets TO w_anon`,
    finds: ['granted_elsewhere', 'role w_anon'],
    ask: run('anonymous', 'SELECT body FROM other.secrets'),
    deploy: 'refuses',
    repair: 'REVOKE ALL ON other.secrets FROM w_anon; REVOKE USAGE ON SCHEMA other FROM w_anon',
  },
  {
    name: 'a definer function in public, which PUBLIC may execute unless it is told otherwise',
    sql: `CREATE FUNCTION public.leak() RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT body FROM api.hidden'`,
    finds: ['definer_elsewhere', 'public.leak()'],
    ask: run('anonymous', 'SELECT public.leak()'),
    deploy: 'refuses',
  },
  {
    name: 'a definer procedure in public',
    sql: `CREATE PROCEDURE public.leak(INOUT answer text) LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
      AS 'BEGIN answer := (SELECT body FROM api.hidden); END'`,
    finds: ['definer_elsewhere', 'public.leak(text)'],
    ask: run('anonymous', 'CALL public.leak(NULL)'),
    deploy: 'refuses',
  },
  {
    name: 'a declared function over a definer function elsewhere',
    sql: `${teller} CREATE OR REPLACE FUNCTION api.hello() RETURNS text LANGUAGE sql RETURN other.tell()`,
    finds: ['definer_elsewhere', 'other.tell()'],
    ask: post('anonymous', '/rpc/hello'),
    deploy: 'refuses',
  },
  {
    name: 'the same through one more function',
    sql: `${teller} CREATE FUNCTION other.between() RETURNS text LANGUAGE sql RETURN other.tell();
      CREATE OR REPLACE FUNCTION api.hello() RETURNS text LANGUAGE sql RETURN other.between()`,
    finds: ['definer_elsewhere', 'other.tell()'],
    ask: post('anonymous', '/rpc/hello'),
    deploy: 'refuses',
  },
  {
    name: 'a declared view over a definer function elsewhere',
    sql: `${teller} CREATE OR REPLACE VIEW api.list WITH (security_invoker) AS SELECT 1 AS id, 1 AS user_id, other.tell() AS body`,
    finds: ['definer_elsewhere', 'other.tell()'],
    ask: get('user', '/list'),
    deploy: 'refuses',
  },
  {
    name: 'a column default over a definer function elsewhere',
    sql: `${teller} ALTER TABLE api.notes ALTER body SET DEFAULT other.tell()`,
    finds: ['definer_elsewhere', 'other.tell()'],
    ask: post('user', '/notes', { user_id: 1 }),
    deploy: 'refuses',
  },
  {
    name: 'a CHECK over a definer function elsewhere',
    sql: `${teller} ALTER TABLE api.notes ADD CHECK (other.fails(body))`,
    finds: ['definer_elsewhere', 'other.fails(text)'],
    ask: post('user', '/notes', row),
    deploy: 'refuses',
    repair: closeTeller,
  },
  {
    name: 'a generated column over a definer function elsewhere',
    sql: `${teller} ALTER TABLE api.notes ADD fine boolean GENERATED ALWAYS AS (other.fails(body)) STORED`,
    finds: ['definer_elsewhere', 'other.fails(text)'],
    ask: post('user', '/notes', row),
    deploy: 'refuses',
    repair: closeTeller,
  },
  {
    name: 'an index over a definer function elsewhere',
    sql: `${teller} CREATE INDEX ON api.notes (other.fails(body))`,
    finds: ['definer_elsewhere', 'other.fails(text)'],
    ask: post('user', '/notes', row),
    deploy: 'refuses',
    repair: closeTeller,
  },
  {
    name: 'a domain elsewhere over a definer function, as the type of a column',
    sql: `${teller} CREATE DOMAIN other.fine AS text CHECK (other.fails(VALUE)); ALTER TABLE api.notes ADD fine other.fine; ALTER TABLE api.notes ALTER fine SET DEFAULT 'new'`,
    finds: ['definer_elsewhere', 'other.fails(text)'],
    ask: post('user', '/notes', { user_id: 1 }),
    deploy: 'refuses',
    repair: closeTeller,
  },
  {
    name: 'a domain in public over a definer function elsewhere, to which any request may cast',
    sql: `${teller} CREATE DOMAIN public.fine AS text CHECK (other.fails(VALUE))`,
    finds: ['definer_elsewhere', 'other.fails(text)'],
    ask: run('anonymous', `SELECT 'new'::public.fine`),
    deploy: 'refuses',
    repair: closeTeller,
  },
  {
    name: 'an operator elsewhere over a definer function, in a declared view',
    sql: `${teller} CREATE FUNCTION other.compare(a text, b text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
        AS $$ BEGIN RAISE EXCEPTION '%', (SELECT body FROM other.secrets); END $$;
      CREATE OPERATOR other.=== (LEFTARG = text, RIGHTARG = text, FUNCTION = other.compare);
      CREATE OR REPLACE VIEW api.list WITH (security_invoker) AS SELECT id, user_id, body FROM api.notes WHERE body OPERATOR(other.===) 'mine'`,
    finds: ['definer_elsewhere', 'other.compare(text,text)'],
    ask: get('user', '/list'),
    deploy: 'refuses',
    repair: closeTeller,
  },
  {
    name: 'an aggregate elsewhere over a definer function, in a declared view',
    sql: `${teller} CREATE FUNCTION other.step(a text, b text) RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT body FROM other.secrets';
      CREATE AGGREGATE other.total (text) (SFUNC = other.step, STYPE = text, INITCOND = '');
      CREATE OR REPLACE VIEW api.list WITH (security_invoker) AS SELECT 1 AS id, 1 AS user_id, other.total(body) AS body FROM api.notes`,
    finds: ['definer_elsewhere', 'other.step(text,text)'],
    // Its functions run as the aggregate's owner may: with the owner's right to execute, not the caller's.
    ask: get('user', '/list'),
    deploy: 'refuses',
    repair: 'ALTER FUNCTION other.step(text, text) SECURITY INVOKER',
  },
  {
    name: 'a trigger of another owner',
    sql: `CREATE SCHEMA other; CREATE FUNCTION other.t() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
        AS 'BEGIN NEW.body := (SELECT body FROM api.hidden); RETURN NEW; END';
      CREATE TRIGGER t BEFORE INSERT ON api.notes FOR EACH ROW EXECUTE FUNCTION other.t()`,
    finds: ['trigger_of_other_owner', 'trigger t of api.notes'],
    ask: post('user', '/notes', row),
    deploy: 'refuses',
  },
  {
    name: 'a cast between two types of Postgres',
    sql: `${teller} CREATE FUNCTION other.to_date(value int) RETURNS date LANGUAGE plpgsql SECURITY DEFINER SET search_path = ''
        AS $$ BEGIN RAISE EXCEPTION '%', (SELECT body FROM other.secrets); END $$;
      CREATE CAST (int AS date) WITH FUNCTION other.to_date(int)`,
    finds: ['built_in_cast', 'cast from integer to date'],
    ask: run('anonymous', 'SELECT 1::date'),
    deploy: 'refuses',
  },
  {
    name: 'a large object for PUBLIC',
    sql: `SELECT lo_from_bytea(4711, 'SECRET object'); GRANT SELECT ON LARGE OBJECT 4711 TO PUBLIC`,
    finds: ['public_elsewhere', 'large object 4711'],
    ask: run('anonymous', `SELECT convert_from(lo_get(4711), 'UTF8')`),
    deploy: 'refuses',
  },
  {
    name: 'a function of Postgres that reads files, for PUBLIC',
    sql: 'GRANT EXECUTE ON FUNCTION pg_read_file(text) TO PUBLIC',
    finds: ['public_elsewhere', 'function pg_read_file(text)'],
    ask: run('anonymous', `SELECT 'SECRET' || length(pg_read_file('PG_VERSION'))`),
    deploy: 'refuses',
  },
  {
    name: 'the passwords for PUBLIC',
    sql: 'GRANT SELECT ON pg_authid TO PUBLIC',
    finds: ['public_elsewhere', 'table pg_authid'],
    ask: run('anonymous', `SELECT 'SECRET' || count(rolpassword) FROM pg_authid`),
    deploy: 'refuses',
  },
  {
    name: 'a setting for PUBLIC',
    sql: 'GRANT SET ON PARAMETER session_replication_role TO PUBLIC',
    finds: ['public_elsewhere', 'parameter session_replication_role'],
    ask: run('anonymous', `SELECT 'SECRET' || set_config('session_replication_role', 'replica', true)`),
    deploy: 'refuses',
    undo: 'REVOKE SET ON PARAMETER session_replication_role FROM PUBLIC',
  },
  {
    name: 'a schema for PUBLIC to create in',
    sql: 'GRANT CREATE ON SCHEMA public TO PUBLIC',
    finds: ['public_elsewhere', 'schema public'],
    ask: run('anonymous', `SELECT 'SECRET' WHERE has_schema_privilege('public', 'CREATE')`),
    deploy: 'refuses',
  },
  {
    name: 'a foreign server for PUBLIC',
    sql: 'CREATE FOREIGN DATA WRAPPER w; CREATE SERVER remote FOREIGN DATA WRAPPER w; GRANT USAGE ON FOREIGN SERVER remote TO PUBLIC',
    finds: ['public_elsewhere', 'server remote'],
    deploy: 'refuses',
  },
];
