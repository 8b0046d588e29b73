-- Environments on a Postgres that others use as well. Each has an advisory lock as long as it lives, its databases are named
-- after the lock, and its roles have a tag as their comment.

-- name: lock
SELECT pg_advisory_lock(hashtextextended('secured-postgrest ephemeral ' || :'id', 0))
-- name: try_lock
SELECT pg_try_advisory_lock(hashtextextended('secured-postgrest ephemeral ' || :'id', 0)) AS acquired
-- name: unlock
SELECT pg_advisory_unlock(hashtextextended('secured-postgrest ephemeral ' || :'id', 0))
-- name: databases
-- Databases of environments that the connected role owns.
SELECT datname AS name FROM pg_database
WHERE pg_get_userbyid(datdba) = current_user AND datname ~ '_ephemeral_[0-9a-f]{12}(_snapshot)?(_[0-9]+)?$'
-- name: present_roles
SELECT rolname AS name, coalesce(shobj_description(oid, 'pg_authid'), '') = :'tag' AS tagged
FROM pg_roles WHERE rolname IN (:'roles')
-- name: tagged_roles
SELECT rolname AS name FROM pg_roles WHERE shobj_description(oid, 'pg_authid') = :'tag'
-- name: tag_role
COMMENT ON ROLE :"role" IS :'tag'
-- name: drop_role
DROP ROLE IF EXISTS :"role"
