-- Trial of granted commands, before the commit. All of it is undone by a savepoint.

-- name: begin
SAVEPOINT access_trial
-- name: end
ROLLBACK TO SAVEPOINT access_trial;
RELEASE SAVEPOINT access_trial
-- name: join_role
GRANT :"role" TO CURRENT_USER
-- name: let_create
GRANT USAGE, CREATE ON SCHEMA :"private" TO :"role"
-- name: begin_request
SELECT pg_catalog.set_config('search_path', :'search_path', true), pg_catalog.set_config('request.jwt.claims', '{}', true),
  pg_catalog.set_config('request.headers', '{}', true), pg_catalog.set_config('request.cookies', '{}', true),
  pg_catalog.set_config('request.method', 'GET', true), pg_catalog.set_config('request.path', '/', true)
-- name: create_trial
-- Plans commands as its owner, and returns the errors: to plan a statement checks privileges and policies, and runs
-- nothing but functions that Postgres estimates with. Since it is SECURITY DEFINER, those can't leave the role.
CREATE FUNCTION :"private".:"function"(commands jsonb) RETURNS TABLE (number int, code text, message text)
LANGUAGE plpgsql SECURITY DEFINER AS $function$
DECLARE
  -- Of each command its number, and statements of which one has to be planned.
  tries jsonb[] := ARRAY(
    SELECT jsonb_build_object('n', c.n, 'statements', CASE c.command
      WHEN 'select' THEN ARRAY[format('SELECT %s FROM %s', c.shown, c.relation)]
      WHEN 'insert' THEN ARRAY[CASE WHEN c.whole OR c.written = '{}' THEN format('INSERT INTO %s DEFAULT VALUES', c.relation)
        ELSE format('INSERT INTO %s (%s) VALUES (%s)', c.relation, array_to_string(c.written, ', '),
          array_to_string(array_fill('DEFAULT'::text, ARRAY[cardinality(c.written)]), ', ')) END]
      -- Of a view's columns, one that can be written is enough.
      WHEN 'update' THEN ARRAY(SELECT format('UPDATE %s SET %s = NULL', c.relation, written) FROM unnest(c.written) AS written)
      WHEN 'delete' THEN ARRAY[format('DELETE FROM %s', c.relation)]
    END)
    FROM (
      SELECT c.n, c.command, format('%I.%I', c.schema, c.name) AS relation, c.columns IS NULL AS whole,
        coalesce((SELECT string_agg(quote_ident(granted), ', ') FROM unnest(c.columns) AS granted), '*') AS shown,
        ARRAY(SELECT quote_ident(a.attname) FROM pg_attribute AS a JOIN pg_class AS r ON r.oid = a.attrelid
          WHERE a.attrelid = format('%I.%I', c.schema, c.name)::regclass AND a.attnum > 0 AND NOT a.attisdropped
            AND a.attgenerated = '' AND a.attidentity <> 'a' AND coalesce(a.attname = ANY (c.columns), true)
            AND (r.relkind <> 'v' OR pg_column_is_updatable(a.attrelid, a.attnum, false))) AS written
      FROM jsonb_to_recordset(commands) AS c(n int, command text, schema text, name text, columns text[])
    ) AS c);
  tried jsonb;
  planned text;
  context text;
BEGIN
  FOR batch IN 1..cardinality(tries) BY 500 LOOP
    -- Together, because the end of each subtransaction examines all tables that the transaction has made.
    BEGIN
      FOREACH tried IN ARRAY tries[batch:batch + 499] LOOP
        planned := tried -> 'statements' ->> 0;
        CONTINUE WHEN planned IS NULL;
        EXECUTE 'EXPLAIN (COSTS off) ' || planned;
      END LOOP;
      CONTINUE;
    EXCEPTION
      WHEN lock_not_available OR deadlock_detected THEN RAISE;
      WHEN OTHERS THEN NULL;
    END;
    -- One of them failed: each by itself.
    FOREACH tried IN ARRAY tries[batch:batch + 499] LOOP
      code := NULL;
      FOR planned IN SELECT jsonb_array_elements_text(tried -> 'statements') LOOP
        BEGIN
          EXECUTE 'EXPLAIN (COSTS off) ' || planned;
          code := NULL;
        EXCEPTION
          WHEN lock_not_available OR deadlock_detected THEN RAISE;
          WHEN OTHERS THEN
            GET STACKED DIAGNOSTICS context = PG_EXCEPTION_CONTEXT;
            number := (tried ->> 'n')::int;
            -- A function may reject an estimate, for which there are no claims.
            code := CASE WHEN context ~ 'RAISE$' OR context ~ E'RAISE\n' THEN NULL ELSE SQLSTATE END;
            message := SQLERRM;
        END;
        EXIT WHEN code IS NULL;
      END LOOP;
      IF code IS NOT NULL THEN
        RETURN NEXT;
      END IF;
    END LOOP;
  END LOOP;
END
$function$
-- name: try_role
SELECT :'role' AS role, number, code, message FROM :"private".:"function"(:{commands}::pg_catalog.jsonb)
-- name: lacking
-- Needed functions and sequences ($1) that a role has no privilege on.
SELECT n.n AS number
FROM pg_catalog.jsonb_to_recordset($1::pg_catalog.jsonb) AS n(n int, role text, kind text, schema text, name text)
WHERE NOT CASE n.kind
  WHEN 'function' THEN pg_catalog.has_function_privilege(n.role, n.name::pg_catalog.regprocedure, 'EXECUTE')
  ELSE pg_catalog.has_sequence_privilege(n.role, pg_catalog.format('%I.%I', n.schema, n.name), 'USAGE')
    OR pg_catalog.has_sequence_privilege(n.role, pg_catalog.format('%I.%I', n.schema, n.name), 'UPDATE')
END
