SELECT current_database() AS name, current_user AS admin,
  (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS admin_is_superuser,
  current_setting('server_version_num')::int AS version,
  pg_is_in_recovery() AS standby,
  pg_has_role(current_user, d.datdba, 'USAGE') AS owned,
  pg_get_userbyid(d.datdba) AS owner, coalesce(d.datacl, acldefault('d', d.datdba))::text[] AS acl
FROM pg_database AS d
WHERE d.datname = current_database()
