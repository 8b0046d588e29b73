SELECT c.schema, c.name, c.kind, pg_get_userbyid(c.relowner) AS owner,
  c.relrowsecurity AS row_security, c.relforcerowsecurity AS force_row_security,
  EXISTS (SELECT FROM pg_options_to_table(c.reloptions) WHERE option_name = 'security_invoker' AND option_value::bool) AS security_invoker,
  EXISTS (SELECT FROM extended AS e WHERE e.class = 'pg_class'::regclass AND e.oid = c.oid) AS extension,
  served.name AS sequence_of,
  coalesce(attributes.columns, '{}') AS columns, coalesce(attributes.types, '{}') AS types, coalesce(attributes.indexed, '{}') AS indexed_columns,
  coalesce(attributes.nondeterministic, '{}') AS nondeterministic_columns,
  c.relacl::text[] AS acl, coalesce(attributes.acls, '[]') AS column_acls
FROM contained AS c
LEFT JOIN LATERAL (
  SELECT t.relname AS name FROM pg_depend AS d JOIN pg_class AS t ON t.oid = d.refobjid
  WHERE c.kind = 'S' AND d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
    AND d.deptype IN ('a', 'i')) AS served ON true
CROSS JOIN LATERAL (
  SELECT array_agg(a.attname ORDER BY a.attnum) AS columns,
    -- Of a domain the type that it is over in the end.
    array_agg(CASE t.typtype WHEN 'e' THEN 'enum' WHEN 'd' THEN (
      WITH RECURSIVE below AS (
        SELECT t.typtype, t.typname, t.typbasetype
        UNION ALL
        SELECT b.typtype, b.typname, b.typbasetype FROM below AS d JOIN pg_type AS b ON d.typtype = 'd' AND b.oid = d.typbasetype
      )
      SELECT CASE typtype WHEN 'e' THEN 'enum' ELSE typname END FROM below WHERE typtype <> 'd'
    ) ELSE t.typname END ORDER BY a.attnum) AS types,
    array_agg(a.attname) FILTER (WHERE a.attnum = ANY (ARRAY(
      SELECT i.indkey[0] FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indpred IS NULL))) AS indexed,
    array_agg(a.attname) FILTER (WHERE a.attcollation = ANY (ARRAY(
      SELECT l.oid FROM pg_collation AS l WHERE NOT l.collisdeterministic))) AS nondeterministic,
    json_agg(json_build_array(a.attname, a.attacl::text[])) FILTER (WHERE a.attacl IS NOT NULL) AS acls
  FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS attributes
ORDER BY c.schema, c.name
