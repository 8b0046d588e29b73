-- The roles of a declaration, for a cluster whose roles Terraform does not manage.

-- name: create_role
CREATE ROLE :"role"
-- name: alter_role
ALTER ROLE :"role" :{attributes}
-- name: set_password
ALTER ROLE :"role" PASSWORD :'verifier'
-- name: grant_membership
GRANT :"role" TO :"member"
-- name: revoke_membership
REVOKE :"role" FROM :"member" GRANTED BY :"grantor"
