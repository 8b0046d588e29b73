-- Privileges of the connected role in a deploy: on the database, and on the declared roles $1, of which $2 owns the
-- objects. From PostgreSQL 16 on, a role needs the ADMIN option on another one to change or grant it. Before,
-- CREATEROLE is enough, but only members of the owner can revoke grants on its objects.
WITH
  connected AS (SELECT * FROM pg_roles WHERE rolname = current_user),
  unadministered AS (
    SELECT oid, rolname FROM pg_roles AS r
    WHERE rolname = ANY ($1::name[]) AND CASE
      WHEN current_setting('server_version_num')::int >= 160000 THEN NOT pg_has_role(current_user, oid, 'USAGE WITH ADMIN OPTION')
      ELSE rolname = $2::name AND EXISTS (SELECT FROM pg_namespace WHERE nspowner = r.oid) AND NOT pg_has_role(current_user, oid, 'USAGE')
    END
  )
SELECT a.rolname AS admin, a.rolsuper AS superuser, a.rolcreaterole AS create_role,
  d.datname AS database, pg_has_role(a.oid, d.datdba, 'USAGE') AS owned,
  ARRAY(SELECT rolname::text FROM unadministered ORDER BY rolname) AS unadministered,
  -- Roles that may grant all of them.
  CASE WHEN current_setting('server_version_num')::int < 160000 AND a.rolcreaterole THEN ARRAY[a.rolname::text] ELSE ARRAY(
    SELECT pg_get_userbyid(m.member)::text FROM pg_auth_members AS m
    WHERE m.admin_option AND m.roleid IN (SELECT oid FROM unadministered)
    GROUP BY m.member HAVING count(DISTINCT m.roleid) = (SELECT count(*) FROM unadministered) ORDER BY 1
  ) END AS administrators,
  -- A managed service keeps its superuser to itself, and gives its customers a role with most of the privileges.
  (SELECT min(rolname) FROM pg_roles WHERE rolname IN ('rds_superuser', 'cloudsqlsuperuser', 'alloydbsuperuser', 'azure_pg_admin', 'neon_superuser'))
    AS service_role
FROM connected AS a, pg_database AS d
WHERE d.datname = current_database()
