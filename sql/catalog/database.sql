SELECT current_database() AS name, current_user AS admin,
  (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS admin_is_superuser,
  current_setting('server_version_num')::int AS version,
  pg_is_in_recovery() AS standby,
  pg_has_role(current_user, d.datdba, 'USAGE') AS owned,
  (SELECT json_agg(json_build_object('grantee', coalesce(r.rolname, 'public'), 'privilege', a.privilege_type, 'grantable', a.is_grantable))
    FROM aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) AS a LEFT JOIN pg_roles AS r ON r.oid = a.grantee
    WHERE a.grantee <> d.datdba AND coalesce(r.rolname, 'public') = ANY ($1)) AS grants
FROM pg_database AS d
WHERE d.datname = current_database()
