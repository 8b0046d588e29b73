-- Whether two conditions let the same rows pass. All of it happens in one transaction that is rolled back.

-- name: begin
BEGIN;
SET LOCAL statement_timeout = '20s';
SET LOCAL session_replication_role = replica;
CREATE SCHEMA IF NOT EXISTS :"private"
-- name: bare_copy
-- A table of the name and the columns, without constraints, policies and triggers.
ALTER TABLE :"schema".:"name" RENAME TO :"renamed";
CREATE TABLE :"schema".:"name" AS SELECT * FROM :"schema".:"renamed" WITH NO DATA
-- name: fill
INSERT INTO :"schema".:"name" (:"columns") SELECT * FROM :{values}
-- name: be
SELECT set_config('request.jwt.claims', :'claims', true)
-- name: be_legacy
SELECT set_config(:'setting', :'value', true)
-- name: set_savepoint
SAVEPOINT attempt
-- name: back_to_savepoint
ROLLBACK TO SAVEPOINT attempt
-- name: differing
SELECT count(*)::int AS rows FROM :"schema".:"name"
WHERE coalesce((:{one}
), false) IS DISTINCT FROM coalesce((:{other}
), false)
-- name: passing
SELECT count(*)::int AS rows FROM :"schema".:"name" WHERE (:{condition}
)
