SELECT r.rolname AS name, r.rolsuper AS superuser, r.rolinherit AS inherit, r.rolcreaterole AS create_role, r.rolcreatedb AS create_database,
  r.rolcanlogin AS login, r.rolreplication AS replication, r.rolbypassrls AS bypass_rls, coalesce(r.rolconfig, '{}') AS settings,
  EXISTS (SELECT FROM pg_db_role_setting AS s
    WHERE s.setrole = r.oid AND s.setdatabase = (SELECT oid FROM here)) AS has_database_settings,
  -- Read as JSON: before PostgreSQL 16 a membership had no options of its own but ADMIN.
  coalesce((
    SELECT json_agg(json_build_object('role', pg_get_userbyid(m.roleid), 'grantor', pg_get_userbyid(m.grantor), 'admin', m.admin_option,
      'inherit', coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, r.rolinherit),
      'set', coalesce((to_jsonb(m) ->> 'set_option')::boolean, true)) ORDER BY pg_get_userbyid(m.roleid))
    FROM pg_auth_members AS m WHERE m.member = r.oid), '[]') AS memberships,
  EXISTS (SELECT FROM pg_shdepend AS s WHERE s.refclassid = 'pg_authid'::regclass AND s.refobjid = r.oid AND s.deptype = 'o'
    AND s.dbid IN (0, (SELECT oid FROM here))) AS owns_objects
FROM pg_roles AS r
WHERE r.oid IN (SELECT oid FROM declared UNION SELECT oid FROM requesting)
ORDER BY r.rolname
