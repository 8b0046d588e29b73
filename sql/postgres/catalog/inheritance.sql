-- Tables that share rows with another one by inheritance, or, outside of the managed schemas, as a partition.
SELECT pg_describe_object('pg_class'::regclass, c.oid, 0) AS table, pg_describe_object('pg_class'::regclass, o.oid, 0) AS other,
  o.oid = i.inhrelid AS is_child, o.oid::regclass::text AS name, c.oid::regclass::text AS own_name,
  c.schema AS own_schema, c.name AS own_table,
  o.relnamespace NOT IN (SELECT oid FROM managed) AS elsewhere, s.nspname AS child_schema, k.relname AS child_name
FROM pg_inherits AS i JOIN contained AS c ON c.oid IN (i.inhrelid, i.inhparent)
JOIN pg_class AS o ON o.oid = CASE c.oid WHEN i.inhrelid THEN i.inhparent ELSE i.inhrelid END
JOIN pg_class AS k ON k.oid = i.inhrelid JOIN pg_namespace AS s ON s.oid = k.relnamespace
WHERE o.relnamespace NOT IN (SELECT oid FROM managed) OR o.oid = i.inhrelid AND NOT k.relispartition
ORDER BY 1, 2
