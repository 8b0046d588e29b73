-- Grants to PUBLIC elsewhere, on objects that requests find by name or rest on.
SELECT pg_describe_object(g.class, g.oid, g.part) AS object, string_agg(DISTINCT g.privilege, ', ') AS privileges,
  (pg_identify_object(g.class, g.oid, 0)).type AS kind, (pg_identify_object(g.class, g.oid, 0)).schema,
  (pg_identify_object(g.class, g.oid, 0)).identity,
  (SELECT a.attname FROM pg_attribute AS a WHERE g.part > 0 AND a.attrelid = g.oid AND a.attnum = g.part) AS column,
  coalesce(min(r.used_by), '{}') AS used_by
FROM public_grants AS g
LEFT JOIN LATERAL (
  SELECT array_agg(pg_describe_object(o.class, o.oid, 0) ORDER BY 1) AS used_by FROM reached AS o
  WHERE o.on_class = g.class AND o.on_oid = g.oid) AS r ON true
WHERE g.namespace IS NULL OR g.namespace IN (SELECT oid FROM usable) OR r.used_by IS NOT NULL
GROUP BY g.class, g.oid, g.part
ORDER BY 1
