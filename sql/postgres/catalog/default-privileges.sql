SELECT pg_get_userbyid(d.defaclrole) AS role, n.name AS schema, d.defaclobjtype AS kind,
  pg_get_userbyid(d.defaclrole) AS owner, d.defaclacl::text[] AS acl
FROM pg_default_acl AS d LEFT JOIN managed AS n ON n.oid = d.defaclnamespace
WHERE n.oid IS NOT NULL OR (d.defaclnamespace = 0 AND d.defaclrole IN (SELECT oid FROM declared WHERE owns))
ORDER BY 1, 2, 3
