-- The server of its own in which an imported schema is tried.

-- name: role_exists
SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') AS found
-- name: create_role
CREATE ROLE :"role"
-- name: schema_exists
SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = :'schema') AS found
-- name: nothing
SELECT
