-- Declared roles ($1) that exist and are nobody else's: all of them where the last run was this deployment's ($2); else
-- those that an interrupted deploy has left, which have and own nothing, and belong together with none but one another
-- and who asks.
WITH declared AS (SELECT oid, rolname, rolsuper FROM pg_roles WHERE rolname = ANY ($1))
SELECT d.rolname AS name
FROM declared AS d
WHERE
  $2
  OR NOT d.rolsuper
  AND NOT EXISTS (
    SELECT FROM pg_shdepend AS u
    WHERE u.refclassid = 'pg_authid'::regclass AND u.refobjid = d.oid AND u.classid <> 'pg_auth_members'::regclass
  )
  AND NOT EXISTS (
    SELECT FROM pg_auth_members AS m
    WHERE m.member = d.oid AND m.roleid NOT IN (SELECT oid FROM declared)
    OR m.roleid = d.oid AND m.member NOT IN (SELECT oid FROM declared) AND m.member <> current_user::regrole
  )
ORDER BY d.rolname
