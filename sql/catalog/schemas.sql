SELECT n.nspname AS name, pg_get_userbyid(n.nspowner) AS owner,
  coalesce((
    SELECT json_agg(json_build_object('grantee', coalesce(r.rolname, 'public'), 'privilege', a.privilege_type, 'grantable', a.is_grantable))
    FROM aclexplode(n.nspacl) AS a LEFT JOIN pg_roles AS r ON r.oid = a.grantee
    WHERE a.grantee <> n.nspowner), '[]') AS grants
FROM pg_namespace AS n
WHERE n.nspname = ANY ($1)
ORDER BY n.nspname
