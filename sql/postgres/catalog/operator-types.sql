-- Of a domain, the operators are those of the type that it is over.
SELECT n.nspname AS schema, c.relname AS table, a.attname AS column, b.oid::regtype::text AS type,
  ARRAY(SELECT DISTINCT s.nspname FROM pg_operator AS o JOIN pg_namespace AS s ON s.oid = o.oprnamespace WHERE o.oprleft = b.oid ORDER BY 1) AS operator_schemas,
  ARRAY(
    SELECT DISTINCT s.nspname FROM pg_operator AS o JOIN pg_namespace AS s ON s.oid = o.oprnamespace
    WHERE o.oprleft = b.oid AND EXISTS (
      SELECT FROM aclexplode(c.relacl) AS g JOIN pg_roles AS r ON r.oid = g.grantee
      WHERE g.grantee <> c.relowner AND NOT has_schema_privilege(g.grantee, s.oid, 'USAGE')
    )
    ORDER BY 1
  ) AS closed_schemas
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_type AS t ON t.oid = a.atttypid JOIN pg_type AS b ON b.oid = coalesce(nullif(t.typbasetype, 0), t.oid) AND b.typtype = 'b'
WHERE a.attnum > 0 AND a.atttypid >= 16384 AND a.attrelid = ANY (ARRAY(SELECT oid FROM contained))
  AND EXISTS (SELECT FROM pg_operator AS o WHERE o.oprleft = b.oid AND o.oid >= 16384)
ORDER BY 1, 2, 3
