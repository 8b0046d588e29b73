-- Of a domain, the operators are those of the type that it is over.
SELECT c.schema, c.name AS table, a.attname AS column, b.oid::regtype::text AS type,
  ARRAY(SELECT DISTINCT s.nspname FROM pg_operator AS o JOIN pg_namespace AS s ON s.oid = o.oprnamespace WHERE o.oprleft = b.oid ORDER BY 1) AS operator_schemas
FROM contained AS c JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND a.atttypid >= 16384
JOIN pg_type AS t ON t.oid = a.atttypid JOIN pg_type AS b ON b.oid = coalesce(nullif(t.typbasetype, 0), t.oid) AND b.typtype = 'b'
WHERE EXISTS (SELECT FROM pg_operator AS o WHERE o.oprleft = b.oid AND o.oid >= 16384)
ORDER BY 1, 2, 3
