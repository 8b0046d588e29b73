-- Declared roles ($1) that exist and are nobody else's. Where the last run was this deployment's ($2): those that it has
-- worked with, which have the private schema ($3) or, as the authenticator, one of the others. Else those that an interrupted
-- deploy has left: as such a deploy makes them (only $4 signs in), with nothing, in nobody's use, and together with none but
-- one another and who asks.
WITH
  asking AS (SELECT oid FROM pg_roles WHERE rolname = current_user),
  declared AS (SELECT * FROM pg_roles WHERE rolname = ANY ($1) AND oid NOT IN (SELECT oid FROM asking)),
  used AS (SELECT * FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass)
SELECT d.rolname AS name
FROM declared AS d
WHERE NOT d.rolsuper AND (
  $2 AND (
    EXISTS (
      SELECT FROM used AS u JOIN pg_namespace AS n ON n.oid = u.objid AND n.nspname = $3
      WHERE u.refobjid = d.oid AND u.classid = 'pg_namespace'::regclass
        AND u.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
    )
    OR EXISTS (SELECT FROM pg_auth_members WHERE member = d.oid AND roleid IN (SELECT oid FROM declared))
  )
  OR NOT (d.rolcreaterole OR d.rolcreatedb OR d.rolreplication OR d.rolbypassrls)
  AND d.rolcanlogin = (d.rolname = $4)
  AND NOT EXISTS (SELECT FROM used AS u WHERE u.refobjid = d.oid AND u.classid <> 'pg_auth_members'::regclass)
  AND NOT EXISTS (SELECT FROM pg_stat_activity WHERE usesysid = d.oid)
  AND NOT EXISTS (
    SELECT FROM pg_auth_members AS m
    WHERE m.member = d.oid AND m.roleid NOT IN (SELECT oid FROM declared)
    OR m.roleid = d.oid AND m.member NOT IN (SELECT oid FROM declared UNION SELECT oid FROM asking)
  )
)
ORDER BY d.rolname
