import type { Ask } from './way.ts';
import { get, post } from './way.ts';

/** One migration, and how its deploy ends. */
export interface MigrationWay {
  readonly name: string;
  readonly sql: string;
  /** The code of the refusal, and what it says; without it the deploy succeeds, and what it opened is closed. */
  readonly refused?: readonly [code: 'migration_failed' | 'audit_failed', says: string];
  readonly ask?: Ask;
}

const MAKE = 'CREATE ROLE w_super SUPERUSER LOGIN';
const within = (sql: string) => `DO $do$ BEGIN ${sql}; END $do$`;
const LEAVES = 'cannot set parameter "role" within security-definer function';
const SIGNS_IN = 'cannot set parameter "session_authorization" within security-definer function';

export const byMigration: readonly MigrationWay[] = [
  { name: 'RESET ROLE', sql: `RESET ROLE; ${MAKE}`, refused: ['migration_failed', LEAVES] },
  { name: 'SET ROLE NONE', sql: `SET ROLE NONE; ${MAKE}`, refused: ['migration_failed', LEAVES] },
  { name: 'SET LOCAL ROLE', sql: `SET LOCAL ROLE postgres; ${MAKE}`, refused: ['migration_failed', LEAVES] },
  {
    name: 'SET SESSION AUTHORIZATION',
    sql: `SET SESSION AUTHORIZATION postgres; ${MAKE}`,
    refused: ['migration_failed', SIGNS_IN],
  },
  {
    name: 'RESET SESSION AUTHORIZATION',
    sql: `RESET SESSION AUTHORIZATION; ${MAKE}`,
    refused: ['migration_failed', SIGNS_IN],
  },
  {
    name: 'set_config of the role',
    sql: `SELECT set_config('role', 'none', false); ${MAKE}`,
    refused: ['migration_failed', LEAVES],
  },
  {
    name: 'set_config of the user',
    sql: `SELECT set_config('session_authorization', 'postgres', false); ${MAKE}`,
    refused: ['migration_failed', SIGNS_IN],
  },
  {
    name: 'an update of pg_settings',
    sql: `UPDATE pg_settings SET setting = 'none' WHERE name = 'role'; ${MAKE}`,
    refused: ['migration_failed', 'permission denied to create role'],
  },
  { name: 'RESET ALL', sql: `RESET ALL; ${MAKE}`, refused: ['migration_failed', 'permission denied to create role'] },
  { name: 'DISCARD ALL', sql: `DISCARD ALL; ${MAKE}`, refused: ['migration_failed', 'DISCARD ALL cannot'] },
  {
    name: 'a block',
    sql: within(`RESET ROLE; EXECUTE '${MAKE}'`),
    refused: ['migration_failed', LEAVES],
  },
  {
    name: 'a block that catches the error',
    sql: within(`BEGIN RESET ROLE; EXCEPTION WHEN OTHERS THEN NULL; END; EXECUTE '${MAKE}'`),
    refused: ['migration_failed', 'permission denied to create role'],
  },
  {
    name: 'a function',
    sql: `CREATE FUNCTION api.leave() RETURNS void LANGUAGE plpgsql AS $$ BEGIN RESET ROLE; EXECUTE '${MAKE}'; END $$; SELECT api.leave()`,
    refused: ['migration_failed', LEAVES],
  },
  {
    name: 'a procedure',
    sql: `CREATE PROCEDURE api.leave() LANGUAGE plpgsql AS $$ BEGIN RESET ROLE; EXECUTE '${MAKE}'; END $$; CALL api.leave()`,
    refused: ['migration_failed', LEAVES],
  },
  {
    name: 'a function with a role set on it',
    sql: `CREATE FUNCTION api.leave() RETURNS void LANGUAGE plpgsql SET role = 'postgres' AS $$ BEGIN EXECUTE '${MAKE}'; END $$; SELECT api.leave()`,
    refused: ['migration_failed', LEAVES],
  },
  {
    name: 'a trigger',
    sql: `CREATE FUNCTION api.leave() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RESET ROLE; EXECUTE '${MAKE}'; RETURN NEW; END $$;
      CREATE TRIGGER leave BEFORE INSERT ON api.hidden FOR EACH ROW EXECUTE FUNCTION api.leave(); INSERT INTO api.hidden VALUES ('x')`,
    refused: ['migration_failed', LEAVES],
  },
  {
    name: 'a trigger that waits for the commit',
    sql: `CREATE FUNCTION api.leave() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RESET ROLE; EXECUTE '${MAKE}'; RETURN NEW; END $$;
      CREATE CONSTRAINT TRIGGER leave AFTER INSERT ON api.hidden DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION api.leave();
      INSERT INTO api.hidden VALUES ('x')`,
    refused: ['migration_failed', LEAVES],
  },
  {
    name: 'a trigger on the table of what has run',
    sql: `CREATE FUNCTION api.leave() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RESET ROLE; EXECUTE '${MAKE}'; RETURN NEW; END $$;
      CREATE TRIGGER leave BEFORE INSERT ON w_private.migrations FOR EACH ROW EXECUTE FUNCTION api.leave()`,
    refused: ['migration_failed', LEAVES],
  },
  {
    name: 'another function in the place of the one that it runs in',
    sql: `CREATE OR REPLACE FUNCTION w_private.run_migration(sql text) RETURNS boolean LANGUAGE plpgsql SECURITY INVOKER
      AS 'BEGIN EXECUTE sql; RETURN true; END'; RESET ROLE; ${MAKE}`,
    refused: ['migration_failed', 'a migration changed what it runs in'],
  },
  { name: 'a role', sql: MAKE, refused: ['migration_failed', 'permission denied to create role'] },
  {
    name: 'a membership',
    sql: 'GRANT postgres TO w_anon',
    refused: ['migration_failed', 'permission denied to grant role "postgres"'],
  },
  {
    name: 'a setting of the database',
    sql: within(`EXECUTE format('ALTER DATABASE %I SET row_security = off', current_database())`),
    refused: ['migration_failed', 'must be owner of database'],
  },
  {
    name: 'a grant to PUBLIC',
    sql: 'GRANT SELECT ON api.hidden TO PUBLIC; CREATE POLICY open ON api.hidden USING (true)',
    ask: get('anonymous', '/hidden'),
  },
  { name: 'an open policy', sql: 'CREATE POLICY open ON api.notes USING (true)', ask: get('user', '/notes') },
  { name: 'no row security', sql: 'ALTER TABLE api.notes DISABLE ROW LEVEL SECURITY', ask: get('user', '/notes') },
  {
    name: 'a view without the rights of who asks',
    sql: 'ALTER VIEW api.list RESET (security_invoker)',
    ask: get('user', '/list'),
  },
  {
    name: 'a definer function for PUBLIC',
    sql: `CREATE FUNCTION api.leak() RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = '' AS 'SELECT body FROM api.hidden';
      GRANT EXECUTE ON FUNCTION api.leak() TO PUBLIC`,
    ask: post('anonymous', '/rpc/leak'),
  },
  {
    name: 'row security on revoked tokens',
    sql: 'ALTER TABLE w_private.revoked_tokens ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY',
    ask: get('revoked token', '/notes'),
  },
  {
    name: 'a check for revocation that finds none',
    sql: `CREATE OR REPLACE FUNCTION w_private.token_is_revoked() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER
      SET search_path = pg_catalog, pg_temp AS 'SELECT false'`,
    ask: get('revoked token', '/notes'),
  },
  {
    name: 'a declared function that becomes SECURITY DEFINER',
    sql: `ALTER FUNCTION api.peek() SECURITY DEFINER SET search_path = ''`,
    refused: ['audit_failed', 'security_definer: api.peek()'],
    ask: post('user', '/rpc/peek'),
  },
  {
    name: 'a function with claims set on it',
    sql: `ALTER FUNCTION api.peek() SET "request.jwt.claims" = '{"user_id":2}'`,
    refused: ['migration_failed', 'permission denied to set parameter'],
    ask: post('user', '/rpc/peek'),
  },
  {
    name: 'a definer function in a schema of its own, under a declared view',
    sql: `CREATE SCHEMA other; CREATE FUNCTION other.tell() RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = '' AS $$ SELECT 'SECRET' $$;
      GRANT EXECUTE ON FUNCTION other.tell() TO PUBLIC;
      CREATE OR REPLACE VIEW api.list AS SELECT 1 AS id, 1 AS user_id, other.tell() AS body`,
    refused: ['audit_failed', 'definer_elsewhere: other.tell()'],
    ask: get('user', '/list'),
  },
  {
    name: 'a table elsewhere for PUBLIC, under a declared view',
    sql: `CREATE SCHEMA other; CREATE TABLE other.secrets AS SELECT 1 AS id, 1 AS user_id, 'SECRET'::text AS body; GRANT SELECT ON other.secrets TO PUBLIC;
      CREATE OR REPLACE VIEW api.list AS SELECT id, user_id, body FROM other.secrets`,
    refused: ['audit_failed', 'public_elsewhere: table other.secrets'],
    ask: get('user', '/list'),
  },
  {
    name: 'a child elsewhere',
    sql: `CREATE SCHEMA other; CREATE TABLE other.child () INHERITS (api.notes); INSERT INTO other.child (id, user_id, body) VALUES (9, 1, 'SECRET')`,
    refused: ['audit_failed', 'inherits_elsewhere: table api.notes'],
    ask: get('user', '/notes'),
  },
  {
    name: 'a rule',
    sql: 'CREATE RULE also AS ON INSERT TO api.notes DO ALSO DELETE FROM api.hidden',
    refused: ['audit_failed', 'rewrite_rule: rule also of api.notes'],
  },
];
