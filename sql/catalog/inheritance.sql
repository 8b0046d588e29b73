-- Tables that share rows with one outside of the managed schemas: by inheritance, or as a partition.
SELECT pg_describe_object('pg_class'::regclass, c.oid, 0) AS table, pg_describe_object('pg_class'::regclass, o.oid, 0) AS other,
  o.oid = i.inhrelid AS is_child, o.oid::regclass::text AS name, c.oid::regclass::text AS own_name
FROM pg_inherits AS i JOIN contained AS c ON c.oid IN (i.inhrelid, i.inhparent)
JOIN pg_class AS o ON o.oid = CASE c.oid WHEN i.inhrelid THEN i.inhparent ELSE i.inhrelid END
WHERE o.relnamespace NOT IN (SELECT oid FROM managed)
ORDER BY 1, 2
