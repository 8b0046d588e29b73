-- Replays a request of a counterexample, in a transaction that is rolled back.

-- name: begin
BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE
-- name: passes_policies
SELECT rolsuper OR rolbypassrls AS passes FROM pg_roles WHERE rolname = current_user
-- name: without_triggers
-- Foreign keys and triggers are off: rows are placed in any order.
SET LOCAL session_replication_role = replica
-- name: with_triggers
SET LOCAL session_replication_role = origin
-- name: begin_row
SAVEPOINT row
-- name: keep_row
RELEASE SAVEPOINT row
-- name: undo_row
ROLLBACK TO SAVEPOINT row
-- name: begin_request
SAVEPOINT request
-- name: undo_request
ROLLBACK TO SAVEPOINT request

-- name: columns
SELECT a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS type,
  CASE t.typtype WHEN 'd' THEN format_type(t.typbasetype, t.typtypmod) ELSE format_type(a.atttypid, a.atttypmod) END AS base,
  a.attnotnull OR t.typnotnull AS required, a.attidentity <> '' AS identity, a.attgenerated <> '' AS generated,
  pg_get_expr(d.adbin, d.adrelid) AS "default",
  (SELECT e.enumlabel::text FROM pg_enum AS e
    WHERE e.enumtypid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END ORDER BY e.enumsortorder LIMIT 1) AS label,
  ARRAY(SELECT pg_get_constraintdef(k.oid) FROM pg_constraint AS k WHERE k.contypid = t.oid AND k.contype = 'c') AS checks,
  a.attnum = ANY (coalesce(i.indkey::int2[], '{}')) AS key
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type AS t ON t.oid = a.atttypid
LEFT JOIN pg_attrdef AS d ON d.adrelid = c.oid AND d.adnum = a.attnum
LEFT JOIN pg_index AS i ON i.indrelid = c.oid AND i.indisprimary
WHERE n.nspname = :'schema' AND c.relname = :'name' ORDER BY a.attnum
-- name: constraints
SELECT k.conname::text AS name, k.contype = 'f' AS foreign, pg_get_constraintdef(k.oid) AS definition,
  ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS p(attnum, position)
    JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = p.attnum ORDER BY p.position) AS columns,
  rn.nspname::text AS referenced_schema, r.relname::text AS referenced_name,
  ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS p(attnum, position)
    JOIN pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = p.attnum ORDER BY p.position) AS referenced_columns
FROM pg_constraint AS k JOIN pg_class AS c ON c.oid = k.conrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
LEFT JOIN pg_class AS r ON r.oid = k.confrelid LEFT JOIN pg_namespace AS rn ON rn.oid = r.relnamespace
WHERE n.nspname = :'schema' AND c.relname = :'name' AND k.contype IN ('c', 'f')
-- Those of more columns first: a parent row that they ask for suits the others.
ORDER BY cardinality(k.conkey) DESC, k.conname
-- name: index_columns
SELECT ARRAY(SELECT a.attname::text FROM pg_attribute AS a
  WHERE a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey::int2[])) AS columns
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = :'schema' AND c.relname = :'index'
-- name: granted_columns
SELECT a.attname::text AS name FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE n.nspname = :'schema' AND c.relname = :'name' AND has_column_privilege(:'role', c.oid, a.attnum, :'privilege')
ORDER BY a.attnum

-- name: place
INSERT INTO :"schema".:"name" (:"columns") OVERRIDING SYSTEM VALUE VALUES (:{values})
RETURNING tableoid::text AS part, ctid::text AS place
-- name: place_defaults
INSERT INTO :"schema".:"name" DEFAULT VALUES RETURNING tableoid::text AS part, ctid::text AS place
-- name: remove_equal
DELETE FROM :"schema".:"name" WHERE :{condition}
-- name: exists
SELECT EXISTS (SELECT FROM :"schema".:"name" WHERE :{condition}) AS found
-- name: read_row
SELECT :{columns} FROM :"schema".:"name" WHERE tableoid = :'part'::oid AND ctid = :'place'::tid
-- name: remove_row
DELETE FROM :"schema".:"name" WHERE tableoid = :'part'::oid AND ctid = :'place'::tid

-- name: mark
-- Visible rows of transactions from here on are this one's: the snapshot is older than its first row.
SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS mark
-- name: become
SELECT pg_catalog.set_config(s.name, s.setting, true) FROM unnest(ARRAY[:'names'], ARRAY[:'settings']) AS s(name, setting)
-- name: end_become
SELECT pg_catalog.set_config('role', 'none', true), pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true)

-- name: select_rows
SELECT pg_catalog.to_jsonb(r)::text AS row FROM (SELECT :"columns" FROM :"schema".:"name" WHERE :{condition}) AS r ORDER BY 1
-- name: call
SELECT pg_catalog.to_jsonb(r)::text AS row FROM :"schema".:"name"(:{arguments}) AS r ORDER BY 1
-- name: insert
INSERT INTO :"schema".:"name" (:"columns") VALUES (:{values})
-- name: insert_defaults
INSERT INTO :"schema".:"name" DEFAULT VALUES
-- name: update
UPDATE :"schema".:"name" SET :{assignments} WHERE :{condition}
-- name: delete
DELETE FROM :"schema".:"name" WHERE :{condition}

-- name: check_condition
SELECT FROM :"schema".:"name" WHERE (:{condition}
) LIMIT 0
-- name: allowed_rows
SELECT count(*)::int AS rows FROM :"schema".:"name" WHERE (:{condition}) AND (:{only}
) IS TRUE
-- name: is_allowed
SELECT (:{only}
) IS TRUE AS allowed FROM :"schema".:"name" WHERE tableoid = :'part'::oid AND ctid = :'place'::tid
-- name: written_rows
-- Rows of this transaction, and if they are within the limit.
SELECT pg_catalog.to_jsonb(r)::text AS row, (:{only}
) IS TRUE AS allowed, tableoid::text AS part, ctid::text AS place
FROM :"schema".:"name" AS r WHERE xmin::text::bigint >= :'mark'::bigint % 4294967296
