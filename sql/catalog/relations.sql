SELECT n.nspname AS schema, c.relname AS name, c.relkind AS kind, pg_get_userbyid(c.relowner) AS owner,
  c.relrowsecurity AS row_security, c.relforcerowsecurity AS force_row_security,
  coalesce(c.reloptions, '{}') && '{security_invoker=true,security_invoker=on,security_invoker=1,security_invoker=yes}' AS security_invoker,
  EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') AS extension,
  (SELECT t.relname FROM pg_depend AS d JOIN pg_class AS t ON t.oid = d.refobjid
    WHERE c.relkind = 'S' AND d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
      AND d.deptype IN ('a', 'i')) AS sequence_of,
  EXISTS (SELECT FROM pg_depend AS d
    WHERE c.relkind = 'S' AND d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'i') AS identity_sequence,
  ARRAY(SELECT a.attname::text FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
  ARRAY(SELECT DISTINCT a.attname::text FROM pg_index AS i
    JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
    WHERE c.relkind <> 'S' AND i.indrelid = c.oid AND i.indpred IS NULL) AS indexed_columns,
  coalesce((
    SELECT json_agg(json_build_object('grantee', coalesce(r.rolname, 'public'), 'privilege', a.privilege_type, 'grantable', a.is_grantable))
    FROM aclexplode(c.relacl) AS a LEFT JOIN pg_roles AS r ON r.oid = a.grantee
    WHERE a.grantee <> c.relowner), '[]') AS grants,
  coalesce((
    SELECT json_agg(json_build_object('column', t.attname, 'grantee', coalesce(r.rolname, 'public'), 'privilege', a.privilege_type,
      'grantable', a.is_grantable))
    FROM pg_attribute AS t CROSS JOIN LATERAL aclexplode(t.attacl) AS a LEFT JOIN pg_roles AS r ON r.oid = a.grantee
    WHERE c.relkind <> 'S' AND t.attrelid = c.oid AND t.attacl IS NOT NULL AND NOT t.attisdropped AND a.grantee <> c.relowner), '[]') AS column_grants
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
ORDER BY n.nspname, c.relname
