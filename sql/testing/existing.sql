-- Environments on a Postgres that others use as well: each holds a lock as long as it lives, its databases carry the
-- lock's name, and its roles are marked.

-- name: hold
SELECT pg_advisory_lock(hashtextextended('secured-postgrest ephemeral ' || :'id', 0))
-- name: try_hold
SELECT pg_try_advisory_lock(hashtextextended('secured-postgrest ephemeral ' || :'id', 0)) AS held
-- name: let_go
SELECT pg_advisory_unlock(hashtextextended('secured-postgrest ephemeral ' || :'id', 0))
-- name: databases
-- What carries such a name and is of who asks.
SELECT datname AS name FROM pg_database
WHERE pg_get_userbyid(datdba) = current_user AND datname ~ '_ephemeral_[0-9a-f]{12}(_snapshot)?(_[0-9]+)?$'
-- name: present_roles
SELECT rolname AS name, coalesce(shobj_description(oid, 'pg_authid'), '') = :'mark' AS marked
FROM pg_roles WHERE rolname IN (:'roles')
-- name: marked_roles
SELECT rolname AS name FROM pg_roles WHERE shobj_description(oid, 'pg_authid') = :'mark'
-- name: mark_role
COMMENT ON ROLE :"role" IS :'mark'
-- name: drop_role
DROP ROLE IF EXISTS :"role"
