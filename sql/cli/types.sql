-- What TypeScript types are written from: the relations, functions and types of schemas ($1).

-- name: begin
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY

-- name: schemas
SELECT nspname AS name FROM pg_namespace WHERE nspname NOT LIKE 'pg\_%' AND nspname <> 'information_schema' ORDER BY nspname

-- name: grantees
-- Roles that requests may have: not the owner of what is granted, and nobody who needs no grant.
WITH granted AS (
  SELECT nspowner AS owner, nspacl AS privileges FROM pg_namespace WHERE nspname = ANY ($1::name[])
  UNION ALL
  SELECT c.relowner, unnested.privileges
  FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace, LATERAL (
    SELECT c.relacl AS privileges
    UNION ALL
    SELECT a.attacl FROM pg_attribute AS a WHERE a.attrelid = c.oid) AS unnested
  WHERE n.nspname = ANY ($1::name[])
)
SELECT DISTINCT r.rolname AS name
FROM granted AS g, aclexplode(g.privileges) AS a JOIN pg_roles AS r ON r.oid = a.grantee
WHERE a.grantee <> g.owner AND NOT r.rolsuper
ORDER BY r.rolname

-- name: relations
-- Partitions are no part of an API: PostgREST leaves them out.
SELECT n.nspname AS schema, c.relname AS name, c.oid::int8::text AS oid, c.relkind IN ('v', 'm') AS is_view,
  pg_relation_is_updatable(c.oid, false) & 12 = 12 AS is_writable,
  (SELECT json_agg(json_build_object(
      'name', a.attname, 'number', a.attnum, 'type', a.atttypid::int8::text, 'not_null', a.attnotnull,
      'has_default', a.atthasdef OR a.attidentity <> '',
      'is_generated', a.attgenerated <> '' OR a.attidentity = 'a') ORDER BY a.attnum)
    FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
  -- Postgres notes for each column of a view's query from which column of which relation it is.
  (SELECT r.ev_action::text FROM pg_rewrite AS r WHERE r.ev_class = c.oid AND r.rulename = '_RETURN') AS query
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1::name[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
ORDER BY c.relkind IN ('v', 'm'), c.relname

-- name: foreign_keys
SELECT k.conname AS name, k.conrelid::int8::text AS relation, k.confrelid::int8::text AS referenced,
  k.conkey AS columns, k.confkey AS referenced_columns,
  EXISTS (SELECT FROM pg_constraint AS u WHERE u.conrelid = k.conrelid AND u.contype IN ('p', 'u')
    AND u.conkey <@ k.conkey) AS is_one_to_one
FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid
WHERE k.contype = 'f' AND k.conparentid = 0
ORDER BY k.conname, c.relname

-- name: functions
-- Functions that can be called by the names of their arguments, and those of one row, which are fields of it.
SELECT n.nspname AS schema, p.proname AS name, p.proretset AS returns_set, p.prorettype::int8::text AS returns,
  coalesce(p.prorows, 0) = 1 AS returns_one,
  p.pronargdefaults AS defaults, p.proargnames AS names, p.proargmodes::text[] AS modes,
  coalesce(p.proallargtypes, p.proargtypes::oid[])::int8[]::text[] AS types
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = ANY ($1::name[]) AND p.prokind = 'f'
  AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)
  AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
ORDER BY p.proname, p.oid

-- name: types
SELECT t.oid::int8::text AS oid, n.nspname AS schema, t.typname AS name, t.typtype AS kind, t.typnotnull AS not_null,
  CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN t.typelem::int8::text END AS element,
  nullif(t.typbasetype, 0)::int8::text AS base,
  CASE t.typtype WHEN 'e' THEN ARRAY(
    SELECT e.enumlabel::text FROM pg_enum AS e WHERE e.enumtypid = t.oid ORDER BY e.enumsortorder) END AS labels,
  CASE t.typtype WHEN 'c' THEN t.typrelid::int8::text END AS relation,
  CASE WHEN t.typtype = 'c' AND c.relkind = 'c' THEN (
    SELECT json_agg(json_build_object('name', a.attname, 'type', a.atttypid::int8::text) ORDER BY a.attnum)
    FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) END AS attributes
FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace LEFT JOIN pg_class AS c ON c.oid = t.typrelid
ORDER BY n.nspname, t.typname
