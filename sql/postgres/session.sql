-- Statements that configure a session, lock a declaration and change the role.

-- name: read_server
SELECT pg_catalog.pg_backend_pid() AS pid, pg_catalog.version() AS version
-- name: read_backend
SELECT pg_catalog.pg_backend_pid() AS pid
-- name: lock
SET lock_timeout = :'timeout_ms';
SELECT pg_advisory_lock(hashtextextended('secured-postgrest ' || :'name', 0));
SET lock_timeout = :'table_timeout_ms'
-- name: lock_transaction
-- Locks for a transaction: a migration may release the locks of the session.
SELECT pg_advisory_xact_lock(hashtextextended('secured-postgrest ' || :'name', 0))
-- name: lock_holder
SELECT a.pid, a.application_name, a.client_addr::text AS address, a.backend_start::text AS since
FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'advisory' AND l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND (l.classid::bigint << 32 | l.objid::bigint) = hashtextextended('secured-postgrest ' || :'name', 0)
-- name: configure_session
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
-- Ends a build whose client has disconnected. On Windows Postgres cannot check that.
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
