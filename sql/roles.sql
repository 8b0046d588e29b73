-- The roles of a declaration, for a cluster whose roles Terraform does not manage.

-- name: create_role
CREATE ROLE :"role"
-- name: settle_api_role
ALTER ROLE :"role" NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOLOGIN INHERIT
-- name: settle_authenticator
ALTER ROLE :"role" NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS LOGIN NOINHERIT PASSWORD :'password'
-- name: grant_membership
GRANT :"role" TO :"member"
-- name: revoke_membership
REVOKE :"role" FROM :"member"
-- name: read_roles
SELECT rolname AS name FROM pg_catalog.pg_roles WHERE rolname IN (:'roles')
-- name: read_memberships
SELECT pg_catalog.pg_get_userbyid(m.roleid) AS role, r.rolname AS member
FROM pg_catalog.pg_auth_members AS m JOIN pg_catalog.pg_roles AS r ON r.oid = m.member
WHERE r.rolname IN (:'roles')
