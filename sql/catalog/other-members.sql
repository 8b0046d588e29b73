-- Who else can become one of our roles, or has its rights; superusers and who asks can anyway.
SELECT d.name AS role, r.rolname AS member,
  -- Whether it has nothing but that.
  NOT (r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication OR r.rolbypassrls OR bool_or(m.admin_option))
  AND NOT EXISTS (SELECT FROM pg_db_role_setting AS s WHERE s.setrole = r.oid)
  AND (SELECT count(DISTINCT other.roleid) = 1 FROM pg_auth_members AS other WHERE other.member = r.oid) AS plain
FROM pg_auth_members AS m JOIN declared AS d ON d.oid = m.roleid JOIN pg_roles AS r ON r.oid = m.member
WHERE r.oid NOT IN (SELECT oid FROM declared) AND r.rolname <> current_user AND (NOT r.rolsuper OR r.rolname = d.name || '_2')
  AND (coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true) OR coalesce((to_jsonb(m) ->> 'set_option')::boolean, true))
GROUP BY d.name, r.oid, r.rolname, r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolbypassrls, r.rolsuper
ORDER BY 1, 2
