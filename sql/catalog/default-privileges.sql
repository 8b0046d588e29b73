SELECT pg_get_userbyid(d.defaclrole) AS role, n.nspname AS schema, d.defaclobjtype AS kind,
  coalesce((
    SELECT json_agg(json_build_object('grantee', coalesce(r.rolname, 'public'), 'privilege', a.privilege_type, 'grantable', a.is_grantable))
    FROM aclexplode(d.defaclacl) AS a LEFT JOIN pg_roles AS r ON r.oid = a.grantee
    WHERE a.grantee <> d.defaclrole), '[]') AS grants
FROM pg_default_acl AS d LEFT JOIN pg_namespace AS n ON n.oid = d.defaclnamespace
WHERE n.nspname = ANY ($1) OR (d.defaclnamespace = 0 AND pg_get_userbyid(d.defaclrole) = $2)
ORDER BY 1, 2, 3
