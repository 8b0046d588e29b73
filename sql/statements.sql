-- The statements that bring a database to its declared state, each under its name.

-- name: read_server
SELECT pg_catalog.pg_backend_pid() AS pid, pg_catalog.version() AS version
-- name: read_backend
SELECT pg_catalog.pg_backend_pid() AS pid
-- name: lock
SET lock_timeout = :'timeout_ms';
SELECT pg_advisory_lock(hashtextextended('secured-postgrest ' || :'name', 0));
SET lock_timeout = :'table_timeout_ms'
-- name: hold_lock
-- For a transaction, in which a migration may let go of what the session holds.
SELECT pg_advisory_xact_lock(hashtextextended('secured-postgrest ' || :'name', 0))
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
SET row_security = on;
-- A build that nobody waits for any more ends with who began it. Windows does not tell.
SELECT set_config('client_connection_check_interval', '1s', false) WHERE version() !~* 'windows|mingw|visual c'
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
-- which one ($3) owns what is in the schemas, the second login ($4), the tables of the package itself ($5, $6), what belongs
-- to extensions, and the database. What no query uses is parsed, but not run.
WITH RECURSIVE
  managed AS (SELECT oid, nspname AS name FROM pg_namespace WHERE nspname = ANY ($1::name[])),
  contained AS (
    SELECT c.oid, n.name AS schema, c.relname AS name, c.relkind AS kind, c.relowner, c.relrowsecurity, c.relforcerowsecurity,
      c.reloptions, c.relacl
    FROM pg_class AS c JOIN managed AS n ON n.oid = c.relnamespace
    WHERE c.relnamespace = ANY (ARRAY(SELECT oid FROM managed)) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  ),
  declared AS (SELECT oid, rolname AS name, rolname = $3::name AS owns FROM pg_roles WHERE rolname = ANY ($2::name[])),
  -- Whom requests come as.
  requesting AS (
    SELECT oid FROM declared WHERE NOT owns
    UNION SELECT oid FROM pg_roles WHERE rolname = $4::name
  ),
  own AS (
    SELECT c.oid, n.nspname AS schema, c.relname AS name
    FROM unnest($5::name[], $6::name[]) AS o(schema, name)
    JOIN pg_namespace AS n ON n.nspname = o.schema JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = o.name
  ),
  -- Objects of the managed schemas' owner are never an extension's: scripts run as a superuser, and ALTER EXTENSION adds all.
  owned AS (
    SELECT 'pg_class'::regclass::oid AS class, o.oid FROM pg_class AS o JOIN declared AS d ON d.owns AND d.oid = o.relowner
    UNION ALL SELECT 'pg_proc'::regclass, o.oid FROM pg_proc AS o JOIN declared AS d ON d.owns AND d.oid = o.proowner
    UNION ALL SELECT 'pg_type'::regclass, o.oid FROM pg_type AS o JOIN declared AS d ON d.owns AND d.oid = o.typowner
    UNION ALL SELECT 'pg_namespace'::regclass, o.oid FROM pg_namespace AS o JOIN declared AS d ON d.owns AND d.oid = o.nspowner
    UNION ALL SELECT 'pg_operator'::regclass, o.oid FROM pg_operator AS o JOIN declared AS d ON d.owns AND d.oid = o.oprowner
  ),
  extended AS (
    SELECT classid AS class, objid AS oid FROM pg_depend AS p WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
      AND NOT EXISTS (SELECT FROM owned AS o WHERE o.class = p.classid AND o.oid = p.objid)
  ),
  -- Functions that Postgres makes with a type, such as a range's constructors.
  generated AS (
    SELECT objid AS oid FROM pg_depend WHERE classid = 'pg_proc'::regclass AND refclassid = 'pg_type'::regclass AND deptype = 'i'
  ),
  here AS (SELECT oid FROM pg_database WHERE datname = current_database())
  :{outward}
SELECT :{catalogs}
-- name: read_outward
-- Further shared parts of the audit's queries: the objects that requests reach from the managed schemas.
, -- Other schemas in which requests find objects by name.
  usable AS (
    SELECT n.oid FROM pg_namespace AS n
    WHERE n.oid NOT IN (SELECT oid FROM managed)
      AND EXISTS (SELECT FROM requesting AS r WHERE has_schema_privilege(r.oid, n.oid, 'USAGE'))
  ),
  -- Grants to PUBLIC elsewhere, beyond those of initdb and extension scripts (pg_init_privs) and the built-in defaults.
  public_grants AS (
    SELECT h.class, h.oid, h.part, h.namespace, a.privilege_type AS privilege
    FROM (
      SELECT 'pg_class'::regclass, oid, 0, relnamespace, relacl, NULL::aclitem[] FROM pg_class WHERE relacl IS NOT NULL
        -- initdb makes these after it has noted what it grants; they show what the one who asks may see.
        AND NOT (relnamespace = 'information_schema'::regnamespace AND oid < 16384)
      UNION ALL SELECT 'pg_class'::regclass, c.oid, a.attnum, c.relnamespace, a.attacl, NULL
        FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
      UNION ALL SELECT 'pg_proc'::regclass, oid, 0, pronamespace, proacl, acldefault('f', proowner) FROM pg_proc WHERE proacl IS NOT NULL
      UNION ALL SELECT 'pg_namespace'::regclass, oid, 0, NULL, nspacl, ARRAY[makeaclitem(0, nspowner, 'USAGE', false)] FROM pg_namespace
      UNION ALL SELECT 'pg_foreign_server'::regclass, oid, 0, NULL, srvacl, NULL FROM pg_foreign_server
      UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, 0, NULL, fdwacl, NULL FROM pg_foreign_data_wrapper
      UNION ALL SELECT 'pg_parameter_acl'::regclass, oid, 0, NULL, paracl, NULL FROM pg_parameter_acl
        -- Others may be set by everybody anyway.
        WHERE parname IN (SELECT name FROM pg_settings WHERE context <> 'user')
      UNION ALL SELECT 'pg_largeobject'::regclass, oid, 0, NULL, lomacl, NULL FROM pg_largeobject_metadata
    ) AS h(class, oid, part, namespace, acl, preset)
    LEFT JOIN pg_init_privs AS i ON i.classoid = h.class AND i.objoid = h.oid AND i.objsubid = h.part
      AND NOT EXISTS (SELECT FROM owned AS o WHERE o.class = h.class AND o.oid = h.oid)
    CROSS JOIN LATERAL aclexplode(h.acl) AS a
    WHERE a.grantee = 0 AND coalesce(h.namespace, CASE h.class WHEN 'pg_namespace'::regclass THEN h.oid END, 0) NOT IN (SELECT oid FROM managed)
      AND NOT EXISTS (
        SELECT FROM aclexplode(coalesce(i.initprivs, h.preset)) AS e WHERE e.grantee = 0 AND e.privilege_type = a.privilege_type)
  ),
  -- Functions elsewhere that requests may call, and that do more than the one who calls may.
  privileged_functions AS (
    SELECT p.oid, p.pronamespace AS namespace, p.proowner AS owner, p.prosecdef AS definer,
      ARRAY(SELECT s FROM unnest(p.proconfig) AS s WHERE s ~ '^(role|session_authorization|session_replication_role|row_security|lo_compat_privileges|request\.[^=]*)=') AS settings,
      NOT l.lanpltrusted AND p.oid >= 16384 AND p.prokind <> 'a' AND p.oid NOT IN (SELECT oid FROM generated) AS untrusted,
      EXISTS (SELECT FROM extended AS e WHERE e.class = 'pg_proc'::regclass AND e.oid = p.oid) AS extension
    FROM pg_proc AS p JOIN pg_language AS l ON l.oid = p.prolang
    WHERE p.pronamespace <> ALL (ARRAY(SELECT oid FROM managed))
      -- Below are initdb's own (transam.h, FirstNormalObjectId), none of which is SECURITY DEFINER.
      AND (p.prosecdef OR p.proconfig IS NOT NULL OR NOT l.lanpltrusted AND p.oid >= 16384)
      AND EXISTS (SELECT FROM requesting AS r WHERE has_function_privilege(r.oid, p.oid, 'EXECUTE'))
  ),
  -- From these outward to whatever rests on them: a dependency leads from an object to what uses it, and from a part (a
  -- view's rule, a default, a constraint, a trigger, a policy, an index) to the object that it is a part of.
  resting AS (
    SELECT 'pg_proc'::regclass::oid AS class, oid, 'pg_proc'::regclass::oid AS on_class, oid AS on_oid FROM privileged_functions
    UNION
    SELECT class, oid, class, oid FROM public_grants WHERE class = 'pg_class'::regclass
    UNION
    SELECT n.class, n.oid, r.on_class, r.on_oid
    FROM resting AS r CROSS JOIN LATERAL (
      SELECT d.classid AS class, d.objid AS oid FROM pg_depend AS d
      WHERE d.refclassid = r.class AND d.refobjid = r.oid AND d.deptype IN ('n', 'a', 'i') AND d.classid <> 'pg_extension'::regclass
        -- Neither a foreign key, nor a table's own row type, index, sequence or child reads the table for the one who asks.
        AND NOT (d.refclassid = 'pg_class'::regclass AND d.classid IN ('pg_constraint'::regclass, 'pg_type'::regclass, 'pg_class'::regclass))
      UNION ALL
      SELECT d.refclassid, d.refobjid FROM pg_depend AS d
      WHERE d.classid = r.class AND d.objid = r.oid AND (
        d.deptype IN ('a', 'i') AND r.class IN ('pg_rewrite'::regclass, 'pg_attrdef'::regclass, 'pg_constraint'::regclass,
          'pg_trigger'::regclass, 'pg_policy'::regclass, 'pg_class'::regclass)
        OR r.class = 'pg_cast'::regclass AND d.refclassid = 'pg_type'::regclass)
    ) AS n
  ),
  -- Those of them that requests reach: managed objects, and types elsewhere, to which a request may cast.
  reached AS (
    SELECT DISTINCT r.on_class, r.on_oid, r.class, r.oid FROM resting AS r
    WHERE (r.class, r.oid) <> (r.on_class, r.on_oid) AND CASE r.class
      WHEN 'pg_class'::regclass THEN r.oid IN (SELECT oid FROM contained)
      WHEN 'pg_proc'::regclass THEN (SELECT pronamespace FROM pg_proc AS o WHERE o.oid = r.oid) IN (SELECT oid FROM managed)
      WHEN 'pg_type'::regclass THEN (SELECT typnamespace FROM pg_type AS o WHERE o.oid = r.oid) IN (SELECT oid FROM managed UNION SELECT oid FROM usable)
      ELSE false END
  )
-- name: catalog
(SELECT coalesce(json_agg(found), '[]') FROM (
:{query}
) AS found) AS :"name"
-- name: forced_tables
SELECT c.oid, n.nspname AS schema, c.relname AS name FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relforcerowsecurity AND n.nspname IN (:'schemas') AND pg_get_userbyid(c.relowner) = :'owner'
ORDER BY 2, 3
-- name: lifted_tables
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
-- name: drop_rule
DROP RULE :"rule" ON :"schema".:"name"
-- name: mark_trigger
COMMENT ON TRIGGER :"trigger" ON :"schema".:"name" IS :'mark'
-- name: drop_function
DROP ROUTINE :{signature}
-- name: mark_function
COMMENT ON ROUTINE :{signature} IS :'mark'

-- name: interrupted_builds
-- Indexes that an interrupted CONCURRENTLY has left, and nobody is making now: one that is to be made, of that name, or
-- without a name on that table; or the copies that a REINDEX makes.
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
-- Without a setting of its own, so that what a migration sets stays set.
CREATE OR REPLACE FUNCTION :"private".run_migration(sql text) RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER
AS 'BEGIN EXECUTE sql; RETURN true; END';
REVOKE ALL ON FUNCTION :"private".run_migration(text) FROM PUBLIC
-- name: check_confinement
-- In a statement of its own: to plan a call can be to run it. Whatever else has this name could be what is called.
SELECT CASE WHEN (
  SELECT pg_catalog.count(*) OPERATOR(pg_catalog.=) 1 AND pg_catalog.bool_and(
    p.oid OPERATOR(pg_catalog.=) pg_catalog.to_regprocedure(pg_catalog.format('%I.run_migration(pg_catalog.text)', n.nspname))::pg_catalog.oid
    AND p.prosecdef AND p.proconfig IS NULL AND p.prokind OPERATOR(pg_catalog.=) 'f' AND p.provolatile OPERATOR(pg_catalog.=) 'v'
    AND l.lanname OPERATOR(pg_catalog.=) 'plpgsql' AND p.prosrc OPERATOR(pg_catalog.=) 'BEGIN EXECUTE sql; RETURN true; END'
    AND pg_catalog.pg_get_userbyid(p.proowner) OPERATOR(pg_catalog.=) :'owner' AND CURRENT_USER OPERATOR(pg_catalog.=) :'owner')
  FROM pg_catalog.pg_proc AS p JOIN pg_catalog.pg_namespace AS n ON n.oid OPERATOR(pg_catalog.=) p.pronamespace
  JOIN pg_catalog.pg_language AS l ON l.oid OPERATOR(pg_catalog.=) p.prolang
  WHERE n.nspname OPERATOR(pg_catalog.=) :'private' AND p.proname OPERATOR(pg_catalog.=) 'run_migration'
) THEN true ELSE pg_catalog.format('a migration changed what it runs in')::pg_catalog.bool END
-- name: run_confined
SELECT :"private".run_migration(:'sql'::pg_catalog.text)
-- name: run_confined_parameter
SELECT :"private".run_migration($1::pg_catalog.text)
-- name: deferrable
-- Constraints that may wait for the end of the transaction, of tables that were written to. Locks show the writes.
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
-- Does nothing, which Postgres refuses while something waits.
ALTER TABLE ONLY :{table} SET WITHOUT OIDS
-- name: close_cursors
-- One that is held would be run to its end at the commit.
CLOSE ALL
-- name: set_trial
SAVEPOINT trial
-- name: back_to_trial
ROLLBACK TO SAVEPOINT trial
-- name: release_trial
RELEASE SAVEPOINT trial
-- name: own_table_files
-- Which tables the package's own are, and where their rows are.
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
-- Which versions of their rows these roles are and what they are members of; and what was noted of that before.
SELECT json_build_array(
    (SELECT json_agg(json_build_array(oid, xmin::text) ORDER BY oid) FROM pg_authid WHERE rolname IN (:'roles')),
    (SELECT json_agg(json_build_array(m.member, m.roleid, m.xmin::text) ORDER BY m.member, m.roleid, m.grantor)
      FROM pg_auth_members AS m JOIN pg_authid AS r ON r.oid = m.member WHERE r.rolname IN (:'roles')))::text AS versions,
  coalesce((SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = :'schema'), '') AS comment
-- name: forget_plans
-- A change of a schema has every session plan its prepared queries anew: else those that were planned for a role that passed
-- the policies would go on to pass them.
GRANT USAGE ON SCHEMA :"schema" TO :"owner"
-- name: mark_schema
COMMENT ON SCHEMA :"schema" IS :'mark'
-- name: reload_schema
NOTIFY pgrst, 'reload schema'
-- name: reload_config
NOTIFY pgrst, 'reload config'
