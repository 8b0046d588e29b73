-- Whether two conditions let the same rows pass. All of it happens in one transaction that is rolled back.

-- name: begin
BEGIN;
SET LOCAL statement_timeout = '60s';
SET LOCAL session_replication_role = replica;
CREATE SCHEMA IF NOT EXISTS :"private"
-- name: bare_copy
-- A table of the name and the columns, without constraints, policies and triggers.
ALTER TABLE :"schema".:"name" RENAME TO :"renamed";
CREATE TABLE :"schema".:"name" AS SELECT * FROM :"schema".:"renamed" WITH NO DATA
-- name: fill
INSERT INTO :"schema".:"name" (:"columns") SELECT * FROM :{values}
-- name: fill_once
INSERT INTO :"schema".:"name" DEFAULT VALUES
-- name: make_function
-- `different`, or whether any row passed at all. A row for which the condition fails counts as one that does not pass.
CREATE FUNCTION pg_temp.import_outcome(target text, differing text, passing text, claim_sets jsonb, names text[]) RETURNS text
LANGUAGE plpgsql AS $function$
DECLARE
  claims jsonb;
  difference bigint;
  passed bigint;
  place tid;
  met boolean := false;
BEGIN
  FOR claims IN SELECT value FROM pg_catalog.jsonb_array_elements(claim_sets) LOOP
    -- As a server of any version says it: all claims as JSON, and each in a setting of its own.
    PERFORM pg_catalog.set_config('request.jwt.claims', claims::text, true);
    PERFORM pg_catalog.set_config('request.jwt.claim.' || name, coalesce(claims ->> name, ''), true)
    FROM pg_catalog.unnest(names) AS name WHERE name ~ '^[A-Za-z_]\w*$';
    EXECUTE passing INTO passed;
    BEGIN
      EXECUTE differing INTO difference;
    EXCEPTION WHEN OTHERS THEN
      difference := 0;
      FOR place IN EXECUTE 'SELECT ctid FROM ' || target LOOP
        BEGIN
          EXECUTE differing || ' AND ctid = $1' INTO difference USING place;
        EXCEPTION WHEN OTHERS THEN
          EXECUTE passing || ' AND ctid = $1' INTO difference USING place;
        END;
        EXIT WHEN difference > 0;
      END LOOP;
    END;
    IF difference > 0 THEN
      RETURN 'different';
    END IF;
    met := met OR passed > 0;
  END LOOP;
  RETURN CASE WHEN met THEN 'met' ELSE 'never met' END;
END
$function$
-- name: outcome
SELECT pg_temp.import_outcome(:'target', :'differing', :'passing', :'claim_sets', ARRAY[:'names']::text[]) AS outcome
-- name: differing
SELECT count(*) FROM :"schema".:"name"
WHERE coalesce((:{one}
), false) IS DISTINCT FROM coalesce((:{other}
), false)
-- name: passing
SELECT count(*) FROM :"schema".:"name" WHERE (:{other}
)
