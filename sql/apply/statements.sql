-- Statements that bring a database to its declared state.

-- name: configure_migration
-- With row_security off, a query that a policy would filter fails, instead of silently returning fewer rows.
SELECT pg_catalog.set_config('search_path', :'search_path', false), pg_catalog.set_config('row_security', 'off', false)

-- name: forced_tables
SELECT c.oid, n.nspname AS schema, c.relname AS name FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relforcerowsecurity AND n.nspname IN (:'schemas') AND pg_get_userbyid(c.relowner) = :'owner'
ORDER BY 2, 3
-- name: unforced_tables
SELECT n.nspname AS schema, c.relname AS name FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.oid = ANY ($1::oid[]) AND NOT c.relforcerowsecurity
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
-- name: disable_row_security
ALTER TABLE :"schema".:"name" DISABLE ROW LEVEL SECURITY
-- name: force_row_security
ALTER TABLE :"schema".:"name" FORCE ROW LEVEL SECURITY
-- name: no_force_row_security
ALTER TABLE :"schema".:"name" NO FORCE ROW LEVEL SECURITY
-- name: use_invoker_rights
ALTER VIEW :"schema".:"name" SET (security_invoker = true)
-- name: drop_policy
DROP POLICY :"policy" ON :"schema".:"name"
-- name: fingerprint_policy
COMMENT ON POLICY :"policy" ON :"schema".:"name" IS :'fingerprint'
-- name: drop_trigger
DROP TRIGGER :"trigger" ON :"schema".:"name"
-- name: drop_rule
DROP RULE :"rule" ON :"schema".:"name"
-- name: drop_default
ALTER TABLE :"schema".:"name" ALTER COLUMN :"column" DROP DEFAULT
-- name: fingerprint_trigger
COMMENT ON TRIGGER :"trigger" ON :"schema".:"name" IS :'fingerprint'
-- name: drop_function
DROP ROUTINE :{signature}
-- name: fingerprint_function
COMMENT ON ROUTINE :{signature} IS :'fingerprint'

-- name: interrupted_builds
-- Invalid indexes that an interrupted CONCURRENTLY has left, and that no session is building now. For CREATE INDEX
-- those on the table $1, of the name $2 if it has one; for REINDEX its copies in the schemas $3.
SELECT n.nspname AS schema, x.relname AS name
FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid JOIN pg_namespace AS n ON n.oid = x.relnamespace
WHERE NOT i.indisvalid AND x.relkind = 'i' AND pg_has_role(x.relowner, 'USAGE')
  AND i.indexrelid NOT IN (SELECT index_relid FROM pg_stat_progress_create_index WHERE index_relid IS NOT NULL)
  AND CASE WHEN $1::text IS NULL THEN n.nspname = ANY ($3::name[]) AND x.relname ~ '_cc(new|old)\d*$'
    ELSE i.indrelid = to_regclass($1) AND x.relname = coalesce($2::text, x.relname) END
-- name: drop_index
DROP INDEX CONCURRENTLY IF EXISTS :"schema".:"name"

-- name: create_bookkeeping
CREATE TABLE IF NOT EXISTS :"private".migrations (
  file text PRIMARY KEY,
  sha256 text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT now()
)
-- name: read_migrations
SELECT file, sha256 FROM :"private".migrations ORDER BY file
-- name: create_confinement
-- Without settings of its own, so that those of a migration persist.
CREATE OR REPLACE FUNCTION :"private".run_migration(sql text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
AS 'BEGIN EXECUTE sql; RETURN true; END';
REVOKE ALL ON FUNCTION :"private".run_migration(text) FROM PUBLIC
-- name: check_confinement
-- In a statement of its own: planning a call may already run it. Another function of this name could be called instead.
-- It runs before each call, and joins would be planned each time.
SELECT CASE WHEN (
  SELECT pg_catalog.count(*) OPERATOR(pg_catalog.=) 1 AND pg_catalog.bool_and(
    p.oid OPERATOR(pg_catalog.=) pg_catalog.to_regprocedure(pg_catalog.format('%I.run_migration(pg_catalog.text)', :'private'))::pg_catalog.oid
    AND p.prosecdef AND p.proconfig IS NULL AND p.prokind OPERATOR(pg_catalog.=) 'f' AND p.provolatile OPERATOR(pg_catalog.=) 'v'
    AND p.prolang OPERATOR(pg_catalog.=) (SELECT l.oid FROM pg_catalog.pg_language AS l WHERE l.lanname OPERATOR(pg_catalog.=) 'plpgsql')
    AND p.prosrc OPERATOR(pg_catalog.=) 'BEGIN EXECUTE sql; RETURN true; END'
    AND pg_catalog.pg_get_userbyid(p.proowner) OPERATOR(pg_catalog.=) :'owner' AND CURRENT_USER OPERATOR(pg_catalog.=) :'owner')
  FROM pg_catalog.pg_proc AS p
  WHERE p.proname OPERATOR(pg_catalog.=) 'run_migration'
    AND p.pronamespace OPERATOR(pg_catalog.=) pg_catalog.to_regnamespace(pg_catalog.quote_ident(:'private'))::pg_catalog.oid
) THEN true ELSE pg_catalog.format('a migration changed what it runs in')::pg_catalog.bool END
-- name: run_confined
SELECT :"private".run_migration(:'sql'::pg_catalog.text)
-- name: run_confined_parameter
SELECT :"private".run_migration($1::pg_catalog.text)
-- name: deferrable
-- Deferrable constraints of tables that this transaction has written to. Locks show the writes.
SELECT DISTINCT format('%I.%I', CASE c.relnamespace WHEN pg_my_temp_schema() THEN 'pg_temp' ELSE s.nspname END, c.relname) AS "table",
  format('%I.%I', CASE k.connamespace WHEN pg_my_temp_schema() THEN 'pg_temp' ELSE n.nspname END, k.conname) AS "constraint",
  k.condeferred AS deferred
FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_namespace AS s ON s.oid = c.relnamespace
JOIN pg_constraint AS k ON k.oid = t.tgconstraint JOIN pg_namespace AS n ON n.oid = k.connamespace
WHERE t.tgdeferrable AND c.relkind IN ('r', 'f') AND c.oid IN (
  SELECT l.relation FROM pg_locks AS l WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.mode = 'RowExclusiveLock'
    AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database()))
ORDER BY 1, 2
-- name: set_immediate
SET CONSTRAINTS :{constraints} IMMEDIATE
-- name: set_deferred
SET CONSTRAINTS :{constraints} DEFERRED
-- name: check_pending
-- Changes nothing, but fails while a trigger of the table is still deferred.
ALTER TABLE ONLY :{table} SET WITHOUT OIDS
-- name: close_cursors
-- At the commit, a cursor WITH HOLD would run to its end.
CLOSE ALL
-- name: set_trial
SAVEPOINT trial
-- name: back_to_trial
ROLLBACK TO SAVEPOINT trial
-- name: release_trial
RELEASE SAVEPOINT trial
-- name: own_table_files
-- OIDs of the package's own tables, and the files with their rows.
SELECT coalesce(json_object_agg(c.relname, json_build_array(c.oid, c.relfilenode)), '{}') AS files
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = :'private' AND c.relname IN (:'tables')
-- name: drop_confinement
DROP FUNCTION :"private".run_migration(text)
-- name: record_migration
INSERT INTO :"private".migrations (file, sha256) VALUES (:'file', :'sha')

-- name: read_revision
SELECT obj_description(c.oid, 'pg_class') AS revision FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = :'private' AND c.relname = 'migrations'
-- name: role_exists
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') AS exists
-- name: record_revision
COMMENT ON TABLE :"private".migrations IS :'revision'

-- name: revoke_token
SELECT :"private".revoke_token(:'jti', :'expires_at')
-- name: revoke_subject
SELECT :"private".revoke_subject(:'subject')

-- name: role_versions
-- Row versions of these roles and of their memberships, and the fingerprint that the last run recorded of them.
SELECT json_build_array(
    (SELECT json_agg(json_build_array(oid, xmin::text) ORDER BY oid) FROM pg_authid WHERE rolname IN (:'roles')),
    (SELECT json_agg(json_build_array(m.member, m.roleid, m.xmin::text) ORDER BY m.member, m.roleid, m.grantor)
      FROM pg_auth_members AS m JOIN pg_authid AS r ON r.oid = m.member WHERE r.rolname IN (:'roles')))::text AS versions,
  coalesce((SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = :'schema'), '') AS comment
-- name: invalidate_plans
-- A change of a schema makes every session replan its prepared queries. A plan made while its role bypassed the
-- policies would go on to bypass them.
GRANT USAGE ON SCHEMA :"schema" TO :"owner"
-- name: fingerprint_schema
COMMENT ON SCHEMA :"schema" IS :'fingerprint'
-- name: reload_schema
NOTIFY pgrst, 'reload schema'
-- name: reload_config
NOTIFY pgrst, 'reload config'
