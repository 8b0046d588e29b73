-- The statements that bring a database to its declared state, each under its name.

-- name: lock
SET lock_timeout = :'timeout_ms';
SELECT pg_advisory_lock(hashtextextended('secured-postgrest ' || :'name', 0));
SET lock_timeout = :'table_timeout_ms'
-- name: lock_holder
SELECT a.pid, a.application_name, a.client_addr::text AS address, a.backend_start::text AS since
FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended('secured-postgrest ' || :'name', 0)
-- name: settle_session
SET search_path = pg_catalog, pg_temp;
SET standard_conforming_strings = on;
SET quote_all_identifiers = off;
SET transform_null_equals = off;
SET default_transaction_read_only = off;
SET default_transaction_isolation = 'read committed';
SET statement_timeout = 0;
SET lock_timeout = :'table_timeout_ms';
SET idle_in_transaction_session_timeout = 0;
SET client_min_messages = warning;
SET jit = off;
SET row_security = on
-- name: become
SET ROLE :"role"
-- name: reset_role
RESET ROLE
-- name: reset_all
RESET ALL
-- name: set_savepoint
SAVEPOINT steps
-- name: release_savepoint
RELEASE SAVEPOINT steps
-- name: back_to_savepoint
ROLLBACK TO SAVEPOINT steps
-- name: settle_migration
-- Without a policy for the owner a query would silently see no row; so it fails.
SELECT pg_catalog.set_config('search_path', :'search_path', false), pg_catalog.set_config('row_security', 'off', false)

-- name: read_catalogs
-- What the queries of `sql/catalog/` share: the managed schemas ($1) and the relations in them, the declared roles ($2), of
-- which one ($3) owns what is in the schemas, what belongs to extensions, and the database.
WITH
  managed AS (SELECT oid, nspname AS name FROM pg_namespace WHERE nspname = ANY ($1::name[])),
  contained AS (
    SELECT c.oid, n.name AS schema, c.relname AS name, c.relkind AS kind, c.relowner, c.relrowsecurity, c.relforcerowsecurity,
      c.reloptions, c.relacl
    FROM pg_class AS c JOIN managed AS n ON n.oid = c.relnamespace
    WHERE c.relnamespace = ANY (ARRAY(SELECT oid FROM managed)) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  ),
  declared AS (SELECT oid, rolname AS name, rolname = $3::name AS owns FROM pg_roles WHERE rolname = ANY ($2::name[])),
  extended AS (
    SELECT classid AS class, objid AS oid FROM pg_depend WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
  ),
  here AS (SELECT oid FROM pg_database WHERE datname = current_database())
SELECT :{catalogs}
-- name: catalog
(SELECT coalesce(json_agg(found), '[]') FROM (
:{query}
) AS found) AS :"name"
-- name: forced_tables
SELECT n.nspname AS schema, c.relname AS name FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relforcerowsecurity AND n.nspname IN (:'schemas') AND pg_get_userbyid(c.relowner) = :'owner'
ORDER BY 1, 2

-- name: join_owner
GRANT :"owner" TO :"admin"
-- name: create_schema
CREATE SCHEMA :"schema" AUTHORIZATION :"owner"
-- name: own_schema
ALTER SCHEMA :"schema" OWNER TO :"owner"
-- name: own_relation
ALTER TABLE :"schema".:"name" OWNER TO :"owner"
-- name: own_function
ALTER ROUTINE :{signature} OWNER TO :"owner"
-- name: own_type
ALTER TYPE :"schema".:"name" OWNER TO :"owner"

-- name: grant_on_database
GRANT :{privileges} ON DATABASE :"name" TO :"grantee"
-- name: revoke_on_database
REVOKE ALL ON DATABASE :"name" FROM :{grantee} CASCADE
-- name: grant_on_schema
GRANT :{privileges} ON SCHEMA :"name" TO :"grantee"
-- name: revoke_on_schema
REVOKE ALL ON SCHEMA :"name" FROM :{grantee} CASCADE
-- name: grant_on_relation
GRANT :{privileges} ON TABLE :"schema".:"name" TO :"grantee"
-- name: revoke_on_relation
REVOKE ALL ON TABLE :"schema".:"name" FROM :{grantee} CASCADE
-- name: grant_on_sequence
GRANT :{privileges} ON SEQUENCE :"schema".:"name" TO :"grantee"
-- name: revoke_on_sequence
REVOKE ALL ON SEQUENCE :"schema".:"name" FROM :{grantee} CASCADE
-- name: grant_on_function
GRANT :{privileges} ON ROUTINE :{signature} TO :"grantee"
-- name: revoke_on_function
REVOKE ALL ON ROUTINE :{signature} FROM :{grantee} CASCADE
-- name: revoke_on_type
REVOKE ALL ON TYPE :"schema".:"name" FROM :{grantee} CASCADE

-- name: close_future_functions
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" REVOKE EXECUTE ON ROUTINES FROM PUBLIC
-- name: close_future_types
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" REVOKE USAGE ON TYPES FROM PUBLIC
-- name: revoke_default_privileges
ALTER DEFAULT PRIVILEGES FOR ROLE :"role" IN SCHEMA :"schema" REVOKE ALL ON :{kind} FROM :{grantee}
-- name: revoke_database_default_privileges
ALTER DEFAULT PRIVILEGES FOR ROLE :"role" REVOKE ALL ON :{kind} FROM :{grantee}

-- name: set_role_setting
ALTER ROLE :"role" SET :{setting} = :'value'
-- name: reset_role_setting
ALTER ROLE :"role" RESET :{setting}
-- name: reset_role_in_database
ALTER ROLE :"role" IN DATABASE :"database" RESET ALL

-- name: enable_row_security
ALTER TABLE :"schema".:"name" ENABLE ROW LEVEL SECURITY
-- name: force_row_security
ALTER TABLE :"schema".:"name" FORCE ROW LEVEL SECURITY
-- name: lift_row_security
ALTER TABLE :"schema".:"name" NO FORCE ROW LEVEL SECURITY
-- name: use_invoker_rights
ALTER VIEW :"schema".:"name" SET (security_invoker = true)
-- name: drop_policy
DROP POLICY :"policy" ON :"schema".:"name"
-- name: mark_policy
COMMENT ON POLICY :"policy" ON :"schema".:"name" IS :'mark'
-- name: drop_trigger
DROP TRIGGER :"trigger" ON :"schema".:"name"
-- name: mark_trigger
COMMENT ON TRIGGER :"trigger" ON :"schema".:"name" IS :'mark'
-- name: drop_function
DROP ROUTINE :{signature}
-- name: mark_function
COMMENT ON ROUTINE :{signature} IS :'mark'

-- name: create_bookkeeping
CREATE TABLE IF NOT EXISTS :"private".migrations (
  file text PRIMARY KEY,
  sha256 text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
)
-- name: read_migrations
SELECT file, sha256 FROM :"private".migrations ORDER BY file
-- name: record_migration
INSERT INTO :"private".migrations (file, sha256) VALUES (:'file', :'sha')

-- name: read_revision
SELECT obj_description(c.oid, 'pg_class') AS revision FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = :'private' AND c.relname = 'migrations'
-- name: record_revision
COMMENT ON TABLE :"private".migrations IS :'revision'

-- name: revoke_token
SELECT :"private".revoke_token(:'jti', :'expires_at')
-- name: revoke_subject
SELECT :"private".revoke_subject(:'subject')

-- name: reload_schema
NOTIFY pgrst, 'reload schema'
-- name: reload_config
NOTIFY pgrst, 'reload config'
