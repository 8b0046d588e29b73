-- How the imported database is measured like a new one, and its rows are copied there.

-- name: stand_in
-- What a request to a new database meets first. An old one may read each claim from a setting of its own.
CREATE SCHEMA IF NOT EXISTS :"private";
GRANT USAGE ON SCHEMA :"private" TO PUBLIC;
CREATE OR REPLACE FUNCTION :"private".pre_request() RETURNS void LANGUAGE sql AS $function$
  SELECT pg_catalog.set_config('request.jwt.claim.' || c.key, c.value, true)
  FROM pg_catalog.json_each_text(nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::pg_catalog.json) AS c
  WHERE c.key ~ '^[A-Za-z_][A-Za-z0-9_$]*$' AND c.value IS NOT NULL
$function$;
GRANT EXECUTE ON FUNCTION :"private".pre_request() TO PUBLIC
-- name: create_role
CREATE ROLE :"role"
-- name: missing_roles
SELECT name FROM unnest(ARRAY[:'roles']::text[]) AS name WHERE NOT EXISTS (SELECT FROM pg_roles AS r WHERE r.rolname = name)
-- name: join
GRANT :"role" TO :"authenticator"
-- name: without_triggers
SET session_replication_role = replica
-- name: set_savepoint
SAVEPOINT row
-- name: back_to_savepoint
ROLLBACK TO SAVEPOINT row
-- name: insert
INSERT INTO :"schema".:"name" (:"columns") VALUES (:'values')
-- name: insert_defaults
INSERT INTO :"schema".:"name" DEFAULT VALUES
-- name: rows
-- The newest ones, among them those that were added.
SELECT ARRAY[:{columns}]::text[] AS values FROM :"schema".:"name" ORDER BY ctid DESC LIMIT :'limit'::bigint
