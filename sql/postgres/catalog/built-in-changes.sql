-- Additions and changes to the objects that our names resolve to: those in pg_catalog that neither initdb
-- (transam.h, FirstNormalObjectId) nor an extension has made, and casts between Postgres' own types.
SELECT pg_describe_object(o.class, o.oid, 0) AS object, o.class = 'pg_cast'::regclass AS cast, o.command,
  i.type AS kind, i.schema, i.identity
FROM (
  SELECT 'pg_proc'::regclass, p.oid, format('DROP ROUTINE %s', p.oid::regprocedure) FROM pg_proc AS p
  WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.oid >= 16384
  UNION ALL
  SELECT 'pg_proc'::regclass, p.oid, format('ALTER ROUTINE %s SECURITY INVOKER', p.oid::regprocedure) FROM pg_proc AS p
  WHERE p.prosecdef AND p.oid < 16384
  UNION ALL
  SELECT 'pg_operator'::regclass, o.oid, format('DROP OPERATOR %s', o.oid::regoperator) FROM pg_operator AS o
  WHERE o.oprnamespace = 'pg_catalog'::regnamespace AND o.oid >= 16384
  UNION ALL
  SELECT 'pg_type'::regclass, t.oid, format('DROP TYPE %s', t.oid::regtype) FROM pg_type AS t
  WHERE t.typnamespace = 'pg_catalog'::regnamespace AND t.oid >= 16384
  UNION ALL
  SELECT 'pg_class'::regclass, c.oid, format('DROP %s %s', CASE c.relkind
    WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'S' THEN 'SEQUENCE'
    WHEN 'i' THEN 'INDEX' WHEN 'I' THEN 'INDEX' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END, c.oid::regclass) FROM pg_class AS c
  WHERE c.relnamespace = 'pg_catalog'::regnamespace AND c.oid >= 16384
  UNION ALL
  SELECT 'pg_cast'::regclass, k.oid, format('DROP CAST (%s AS %s)', k.castsource::regtype, k.casttarget::regtype) FROM pg_cast AS k
  WHERE k.oid >= 16384 AND k.castsource < 16384 AND k.casttarget < 16384
) AS o(class, oid, command) CROSS JOIN LATERAL pg_identify_object(o.class, o.oid, 0) AS i
WHERE NOT EXISTS (SELECT FROM extended AS e WHERE e.class = o.class AND e.oid = o.oid)
ORDER BY 1
