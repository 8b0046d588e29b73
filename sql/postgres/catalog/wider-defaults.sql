-- Grants that objects of the managed schemas would begin with when a role makes them that may, but does not own the schemas.
SELECT pg_get_userbyid(d.defaclrole) AS role, d.defaclobjtype AS kind,
  CASE a.grantee WHEN 0 THEN 'public' ELSE pg_get_userbyid(a.grantee) END AS grantee, string_agg(a.privilege_type, ', ') AS privileges
FROM pg_default_acl AS d JOIN pg_roles AS r ON r.oid = d.defaclrole CROSS JOIN LATERAL aclexplode(d.defaclacl) AS a
WHERE d.defaclnamespace = 0 AND d.defaclrole NOT IN (SELECT oid FROM declared WHERE owns) AND d.defaclobjtype IN ('r', 'S', 'f', 'T')
  AND a.grantee <> d.defaclrole AND (a.grantee = 0 OR a.grantee IN (SELECT oid FROM requesting))
  -- Without the built-in default privileges of PUBLIC on functions and types.
  AND NOT (a.grantee = 0 AND d.defaclobjtype IN ('f', 'T'))
  AND (r.rolsuper OR EXISTS (SELECT FROM managed AS m WHERE has_schema_privilege(r.oid, m.oid, 'CREATE')))
GROUP BY d.defaclrole, d.defaclobjtype, a.grantee
ORDER BY 1, 2, 3
