SELECT n.name AS schema, t.typname AS name, pg_get_userbyid(t.typowner) AS owner,
  CASE t.typtype WHEN 'e' THEN ARRAY(
    SELECT e.enumlabel FROM pg_enum AS e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) END AS labels,
  coalesce(t.typacl, acldefault('T', t.typowner))::text[] AS acl
FROM pg_type AS t JOIN managed AS n ON n.oid = t.typnamespace
-- Not the types that Postgres makes with a relation, an array or a multirange: they have no grants of their own.
WHERE t.typnamespace = ANY (ARRAY(SELECT oid FROM managed))
  AND (t.typtype IN ('d', 'e', 'r') OR (t.typtype = 'c' AND (SELECT relkind FROM pg_class WHERE oid = t.typrelid) = 'c'))
  AND NOT EXISTS (SELECT FROM extended AS e WHERE e.class = 'pg_type'::regclass AND e.oid = t.oid)
ORDER BY n.name, t.typname
