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
-- name: drop_database
DROP DATABASE IF EXISTS :"name" WITH (FORCE)
-- name: privileges_on_database
-- What a copy does not have of its original.
REVOKE ALL ON DATABASE :"name" FROM PUBLIC;
GRANT CONNECT ON DATABASE :"name" TO :"authenticator";
GRANT CREATE ON DATABASE :"name" TO :"owner";
GRANT TEMPORARY ON DATABASE :"name" TO :"temporary"

-- name: find_names
SELECT pg_catalog.set_config('search_path', :'search_path', false)
