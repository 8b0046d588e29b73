-- Defaults of columns that call a function in the managed schemas.
SELECT c.schema, c.name AS table, a.attname AS column, n.name AS function_schema, p.proname AS function,
  coalesce(obj_description(p.oid, 'pg_proc'), '') AS function_comment, pg_get_expr(d.adbin, d.adrelid) AS definition
FROM pg_depend AS u JOIN pg_attrdef AS d ON d.oid = u.objid JOIN contained AS c ON c.oid = d.adrelid
JOIN pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
JOIN pg_proc AS p ON p.oid = u.refobjid JOIN managed AS n ON n.oid = p.pronamespace
WHERE u.classid = 'pg_attrdef'::regclass AND u.refclassid = 'pg_proc'::regclass AND a.attgenerated = ''
ORDER BY 1, 2, 3, 4, 5
