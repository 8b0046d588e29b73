-- Whole databases: made as copies of others, and dropped with whoever uses them.

-- name: copy_database
CREATE DATABASE :"name" TEMPLATE :"template"
-- name: copy_database_by
CREATE DATABASE :"name" TEMPLATE :"template" STRATEGY :{strategy}
-- name: reject_connections
ALTER DATABASE :"name" ALLOW_CONNECTIONS false
-- name: accept_connections
ALTER DATABASE :"name" ALLOW_CONNECTIONS true
-- name: cut_off
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :'name' AND pid <> pg_backend_pid()
-- name: rename_database
ALTER DATABASE :"name" RENAME TO :"to"
-- name: drop_database
DROP DATABASE IF EXISTS :"name" WITH (FORCE)
-- name: holders
-- Subscriptions and prepared transactions, which outlast the sessions of a database and keep it from being dropped.
SELECT format('ALTER SUBSCRIPTION %1$I DISABLE; ALTER SUBSCRIPTION %1$I SET (slot_name = NONE); DROP SUBSCRIPTION %1$I', subname)
  AS remove FROM pg_subscription AS s JOIN pg_database AS d ON d.oid = s.subdbid WHERE d.datname = current_database()
UNION ALL
SELECT format('ROLLBACK PREPARED %L', gid) FROM pg_prepared_xacts WHERE database = current_database()
-- name: privileges_on_database
-- What a copy does not have of its original.
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"name" TO :"authenticator";
GRANT CREATE ON DATABASE :"name" TO :"owner";
GRANT TEMPORARY ON DATABASE :"name" TO :"temporary";
SELECT datacl::text AS privileges FROM pg_database WHERE datname = :'name'

-- name: state_of
-- Changes with a database's data, and with the roles that databases share: their names, memberships and settings.
SELECT md5(concat_ws(E'\n',
  (SELECT pg_stat_get_db_xact_commit(oid) FROM pg_database WHERE datname = :'name'),
  (SELECT string_agg(roles::text, E'\n' ORDER BY oid) FROM pg_roles AS roles),
  (SELECT string_agg(members::text, E'\n' ORDER BY members::text) FROM pg_auth_members AS members),
  (SELECT string_agg(settings::text, E'\n' ORDER BY settings::text)
    FROM pg_db_role_setting AS settings WHERE setdatabase = 0))) AS state

-- name: find_names
SELECT pg_catalog.set_config('search_path', :'search_path', false)

-- name: discard_temporary
-- Drops temporary objects, as the end of the session does.
DISCARD TEMP
-- name: keep_names_of_time_zones
-- PostgREST reads the names at its start, for which Postgres opens 600 files. The view now contains the names. For its other
-- columns, Postgres still opens the files.
SELECT set_config('allow_system_table_mods', 'on', true), set_config('search_path', 'pg_catalog', true);
DO $do$
BEGIN
  EXECUTE format($view$
    CREATE OR REPLACE VIEW pg_catalog.pg_timezone_names AS
    SELECT zone.name,
      (SELECT jsonb_object_agg(name, abbrev) FROM pg_timezone_names()) ->> zone.name AS abbrev,
      ((SELECT jsonb_object_agg(name, utc_offset) FROM pg_timezone_names()) ->> zone.name)::interval AS utc_offset,
      ((SELECT jsonb_object_agg(name, is_dst) FROM pg_timezone_names()) ->> zone.name)::boolean AS is_dst
    FROM string_to_table(%L, ' ') AS zone (name)
  $view$, (SELECT string_agg(name, ' ') FROM pg_timezone_names()));
END
$do$
-- name: checkpoint
CHECKPOINT
-- name: log_position
SELECT pg_current_wal_insert_lsn()::text AS position
-- name: size_of_databases
SELECT sum(pg_database_size(oid))::float8 AS bytes FROM pg_database
-- name: wrote_more
-- Tests if anything but the package has written rows, or could when the package writes its own.
SELECT EXISTS (
    SELECT FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast', :'private')
      AND pg_relation_size(c.oid) > 0
      AND NOT EXISTS (SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = c.oid AND deptype = 'e'))
  OR EXISTS (SELECT FROM pg_sequences WHERE last_value IS NOT NULL AND schemaname <> :'private')
  OR EXISTS (SELECT FROM pg_largeobject_metadata)
  OR EXISTS (
    SELECT FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
      JOIN pg_proc AS p ON p.oid = t.tgfoid
    WHERE NOT t.tgisinternal AND n.nspname = :'private' AND p.pronamespace <> n.oid) AS wrote_more
