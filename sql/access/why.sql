-- Explains one request. All of it is one transaction, which is rolled back.

-- name: begin
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE
-- name: begin_part
SAVEPOINT why
-- name: end_part
ROLLBACK TO SAVEPOINT why
-- name: become
SELECT pg_catalog.set_config(s.name, s.setting, true) FROM unnest(ARRAY[:'names'], ARRAY[:'settings']) AS s(name, setting)
-- name: pre_request
SELECT :"schema".:"name"()
-- name: current_role
SELECT current_user AS role
-- name: timeout
SELECT pg_catalog.set_config('statement_timeout', :'milliseconds', true)

-- name: past_policies
-- False where the policies of a table bind the connected role.
SELECT NOT row_security_active(:'relation'::oid) AS past
-- name: no_force
ALTER TABLE :"schema".:"name" NO FORCE ROW LEVEL SECURITY
-- name: keep_rows
-- Rows that the request is about, as the connected role sees them.
CREATE TEMPORARY TABLE why_rows ON COMMIT DROP AS
SELECT row_number() OVER () AS number, CAST(:"name".* AS :"schema".:"name") AS content
FROM :"schema".:"name" WHERE :{condition} LIMIT :'limit'::bigint
-- name: share_rows
GRANT SELECT ON pg_temp.why_rows TO PUBLIC
-- name: key_of_rows
SELECT k.number::int, to_jsonb(k.content) AS content FROM pg_temp.why_rows AS k ORDER BY k.number
-- name: drop_rows
DROP TABLE pg_temp.why_rows CASCADE
-- name: keep_written
-- A row as a statement would leave it: with its defaults, and with what triggers make of it.
CREATE TEMPORARY TABLE why_rows ON COMMIT DROP AS
SELECT :'number'::bigint AS number, json_populate_record(CAST(NULL AS :"schema".:"name"), :'content'::json) AS content
-- name: make_parts
-- Its expressions get their names from the connected role, and their rights, policies and claims from who reads it.
CREATE TEMPORARY VIEW why_parts WITH (security_invoker = true) AS
SELECT r.number, :{parts} FROM pg_temp.why_rows AS r
-- name: condition
(SELECT CAST((:{expression}) AS pg_catalog.text) FROM unnest(ARRAY[r.content]) AS :"table") AS :"label"
-- name: share_parts
GRANT SELECT ON pg_temp.why_parts TO PUBLIC
-- name: read_parts
SELECT number::int, to_jsonb(p) AS parts FROM pg_temp.why_parts AS p WHERE number = ANY (ARRAY[:'numbers']::bigint[])
-- name: drop_parts
DROP VIEW pg_temp.why_parts

-- name: select
SELECT :{columns} FROM :"schema".:"name" WHERE :{condition} LIMIT :'limit'::bigint
-- name: insert
INSERT INTO :"schema".:"name" (:"columns")
SELECT :"columns" FROM json_populate_recordset(CAST(NULL AS :"schema".:"name"), :'content'::json) :{conflict} :{returning}
-- name: insert_defaults
INSERT INTO :"schema".:"name" DEFAULT VALUES :{returning}
-- name: update
UPDATE :"schema".:"name" SET (:"columns") =
  (SELECT :"columns" FROM json_populate_record(CAST(NULL AS :"schema".:"name"), :'content'::json)) WHERE :{condition} :{returning}
-- name: delete
DELETE FROM :"schema".:"name" WHERE :{condition} :{returning}
-- name: with_embedded
WITH why_written AS (:{write}) SELECT :{embedded} FROM why_written AS :"name"
-- name: embedded
-- Rows of an embedded resource for one row; the columns of the statement decide which grants it needs.
ARRAY(SELECT to_jsonb(e.*) FROM (:{rows}) AS e)
-- name: proposed
-- A row with its defaults, in a copy of the table that holds no other row.
CREATE TEMPORARY TABLE why_proposed (LIKE :"schema".:"name" INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING IDENTITY) ON COMMIT DROP
-- name: propose
INSERT INTO pg_temp.why_proposed (:"columns")
SELECT :"columns" FROM json_populate_record(CAST(NULL AS :"schema".:"name"), :'content'::json)
RETURNING to_jsonb(why_proposed.*) AS content
-- name: same_key
(SELECT (:"table".:"column") = k.:"column" FROM json_populate_record(CAST(NULL AS :"schema".:"table"), :'content'::json) AS k)
-- name: label_rows
-- The kept rows under a name of their own, with those that the request reaches.
CREATE TEMPORARY TABLE :"label" ON COMMIT DROP AS
SELECT number, content, number = ANY (ARRAY[:'reached']::bigint[]) AS reached FROM pg_temp.why_rows
-- name: drop_embedding
-- Rows that an embedded resource has no row for.
UPDATE pg_temp.:"label" SET reached = false WHERE number = ANY (ARRAY[:'numbers']::bigint[])
-- name: rows_without
SELECT p.number::int, EXISTS (:{rows}) AS hidden FROM pg_temp.:"label" AS p WHERE p.reached AND NOT EXISTS (:{shown}) ORDER BY p.number
-- name: call
SELECT * FROM :"schema".:"name"(:{arguments})
-- name: argument
:"name" => :'value'
-- name: null_argument
:"name" => NULL
-- name: place_is
to_jsonb(:"name".*) = :'content'::jsonb
