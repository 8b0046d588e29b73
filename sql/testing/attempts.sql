-- One command, as somebody's request, in a transaction that is rolled back. Columns and values come as JSON objects.

-- name: begin
BEGIN;
SELECT pg_catalog.set_config(s.name, s.setting, true)
FROM unnest(ARRAY[:'names'], ARRAY[:'settings']) AS s(name, setting);
:{pre_request}
-- name: select
SELECT FROM :"schema".:"table" AS r WHERE :{condition}
-- name: insert
INSERT INTO :"schema".:"table" (:"columns")
SELECT :"columns" FROM pg_catalog.json_populate_record(CAST(NULL AS :"schema".:"table"), CAST(:'values' AS pg_catalog.json))
-- name: insert_defaults
INSERT INTO :"schema".:"table" DEFAULT VALUES
-- name: update
UPDATE :"schema".:"table" AS r SET (:"columns") =
  (SELECT :"columns" FROM pg_catalog.json_populate_record(CAST(NULL AS :"schema".:"table"), CAST(:'values' AS pg_catalog.json)))
WHERE :{condition}
-- name: delete
DELETE FROM :"schema".:"table" AS r WHERE :{condition}
-- name: column_is
r.:"column" IS NOT DISTINCT FROM (pg_catalog.json_populate_record(CAST(NULL AS :"schema".:"table"), CAST(:'where' AS pg_catalog.json))).:"column"
