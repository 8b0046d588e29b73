-- Reads what random requests are made from, and runs them.

-- name: tables
SELECT n.nspname AS schema, c.relname AS name, c.relkind IN ('r', 'p') AS is_table,
  CASE WHEN c.relkind = 'v' THEN pg_get_viewdef(c.oid) END AS definition,
  coalesce((SELECT jsonb_agg(jsonb_build_object(
      'name', a.attname, 'type', format_type(a.atttypid, a.atttypmod), 'required', a.attnotnull,
      'default', CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END,
      'generated', CASE WHEN a.attgenerated <> '' OR a.attidentity = 'a' THEN 'always' WHEN a.attidentity = 'd' THEN 'default' END)
      ORDER BY a.attnum)
    FROM pg_attribute AS a LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]') AS columns,
  coalesce((SELECT jsonb_agg(k.columns ORDER BY k.is_primary DESC, k.columns) FROM (
      SELECT i.indisprimary AS is_primary, jsonb_agg(a.attname ORDER BY p.position) AS columns
      FROM pg_index AS i CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS p(attnum, position)
      JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = p.attnum
      WHERE i.indrelid = c.oid AND i.indisunique AND i.indpred IS NULL AND p.position <= i.indnkeyatts
      GROUP BY i.indexrelid, i.indisprimary) AS k), '[]') AS keys,
  EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisprimary) AS has_primary_key,
  coalesce((SELECT jsonb_agg(jsonb_build_object('name', r.conname, 'columns', r.columns, 'schema', rn.nspname, 'table', rc.relname,
      'referenced', r.referenced, 'cascades', r.confdeltype = 'c', 'acts', r.confdeltype IN ('c', 'n', 'd') OR r.confupdtype IN ('c', 'n', 'd')) ORDER BY r.conname)
    FROM (SELECT f.*,
        ARRAY(SELECT a.attname FROM unnest(f.conkey) WITH ORDINALITY AS p(n, o) JOIN pg_attribute AS a
          ON a.attrelid = f.conrelid AND a.attnum = p.n ORDER BY o) AS columns,
        ARRAY(SELECT a.attname FROM unnest(f.confkey) WITH ORDINALITY AS p(n, o) JOIN pg_attribute AS a
          ON a.attrelid = f.confrelid AND a.attnum = p.n ORDER BY o) AS referenced
      FROM pg_constraint AS f WHERE f.conrelid = c.oid AND f.contype = 'f') AS r
    JOIN pg_class AS rc ON rc.oid = r.confrelid JOIN pg_namespace AS rn ON rn.oid = rc.relnamespace), '[]') AS "references",
  coalesce((SELECT jsonb_agg(pg_get_expr(k.conbin, k.conrelid) ORDER BY k.conname)
    FROM pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype = 'c'), '[]') AS checks
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (ARRAY[:'schemas']::text[]) AND c.relkind IN ('r', 'p', 'v')
ORDER BY n.nspname, c.relname

-- name: functions
SELECT n.nspname AS schema, p.proname AS name, l.lanname AS language, p.prosecdef AS is_definer, p.provolatile = 'v' AS is_volatile,
  p.proretset AS returns_set, format_type(p.prorettype, NULL) AS returns, pg_get_function_sqlbody(p.oid) AS body, p.prosrc AS source,
  coalesce(p.proargnames, '{}') AS names, p.pronargdefaults AS defaults,
  ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a(t, o) ORDER BY o) AS types,
  pg_get_expr(p.proargdefaults, 0) AS default_values
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace JOIN pg_language AS l ON l.oid = p.prolang
WHERE n.nspname = ANY (ARRAY[:'schemas']::text[]) AND p.prokind = 'f' AND p.prorettype <> 'trigger'::regtype
ORDER BY n.nspname, p.proname, p.oid

-- name: texts
-- SQL in which claims may be read.
SELECT concat_ws(' ', pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) AS text FROM pg_policy
UNION SELECT coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
JOIN pg_language AS l ON l.oid = p.prolang
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema') AND l.lanname IN ('sql', 'plpgsql')
UNION SELECT pg_get_expr(adbin, adrelid) FROM pg_attrdef

-- name: rights
-- Columns that each role may name, by command; for `delete`, all of them.
SELECT r.rolname AS role, n.nspname AS schema, c.relname AS name, k.command,
  ARRAY(SELECT a.attname::text FROM pg_attribute AS a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND CASE k.command
      WHEN 'delete' THEN has_table_privilege(r.oid, c.oid, k.command) ELSE has_column_privilege(r.oid, c.oid, a.attnum, k.command) END
    ORDER BY a.attnum) AS columns
FROM pg_roles AS r CROSS JOIN pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
CROSS JOIN unnest('{select,insert,update,delete}'::text[]) AS k(command)
WHERE r.rolname = ANY (ARRAY[:'roles']::text[]) AND n.nspname = ANY (ARRAY[:'schemas']::text[]) AND c.relkind IN ('r', 'p', 'v')

-- name: begin
BEGIN
-- name: rollback
ROLLBACK
-- name: make_functions
-- Inserts rows of JSON, in order; one that breaks a constraint is left out.
CREATE FUNCTION pg_temp.check_fills(inserts jsonb) RETURNS SETOF int LANGUAGE plpgsql AS $function$
DECLARE
  number int := 0;
  one jsonb;
BEGIN
  FOR one IN SELECT value FROM jsonb_array_elements(inserts) LOOP
    BEGIN
      EXECUTE one ->> 'sql' USING one -> 'row';
      RETURN NEXT number;
    EXCEPTION WHEN integrity_constraint_violation OR cardinality_violation THEN
      -- Not every random row fits.
    END;
    number := number + 1;
  END LOOP;
END
$function$;
-- Runs requests, each as its role with its settings, and undoes each. `first` and `after` are queries that the connected role runs
-- around it.
CREATE FUNCTION pg_temp.check_runs(requests jsonb) RETURNS TABLE (result jsonb, earlier jsonb, state jsonb, code text, message text)
LANGUAGE plpgsql AS $function$
DECLARE
  one jsonb;
BEGIN
  FOR one IN SELECT value FROM jsonb_array_elements(requests) LOOP
    result := NULL; earlier := NULL; state := NULL; code := NULL; message := NULL;
    BEGIN
      PERFORM set_config(s.key, s.value, true) FROM jsonb_each_text(one -> 'settings') AS s;
      IF one ->> 'first' <> '' THEN
        EXECUTE one ->> 'first' INTO earlier;
      END IF;
      PERFORM set_config('role', one ->> 'role', true);
      IF one ->> 'before' <> '' THEN
        EXECUTE one ->> 'before';
      END IF;
      EXECUTE one ->> 'sql' INTO result;
      IF one ->> 'after' <> '' THEN
        PERFORM set_config('role', 'none', true);
        EXECUTE one ->> 'after' INTO state;
      END IF;
      RAISE SQLSTATE 'UNDO0';
    EXCEPTION
      WHEN SQLSTATE 'UNDO0' THEN
      WHEN OTHERS THEN code := SQLSTATE; message := SQLERRM;
    END;
    RETURN NEXT;
  END LOOP;
END
$function$;
-- The text of a claim by its path, in the condition of a property.
CREATE FUNCTION pg_temp.check_claim(VARIADIC path text[]) RETURNS text LANGUAGE sql STABLE AS $function$
  SELECT current_setting('request.jwt.claims', true)::jsonb #>> path
$function$;
-- Rows of a table, each with what the condition says of it. A claim that can not be read meets no row.
CREATE FUNCTION pg_temp.check_marks(marked text, unmarked text) RETURNS jsonb LANGUAGE plpgsql AS $function$
DECLARE
  found jsonb;
BEGIN
  EXECUTE marked INTO found;
  RETURN found;
EXCEPTION WHEN data_exception THEN
  EXECUTE unmarked INTO found;
  RETURN found;
END
$function$
-- name: mark
SELECT coalesce(jsonb_agg(jsonb_build_object('row', to_jsonb(marked), 'meets', coalesce((:{only}), false))), '[]')
FROM :"schema".:"name" AS marked
-- name: marks
SELECT pg_temp.check_marks(:'marked', :'unmarked')
-- name: fill
SELECT pg_temp.check_fills(:'inserts'::jsonb) AS number
-- name: fill_row
INSERT INTO :"schema".:"name" (:"columns") OVERRIDING SYSTEM VALUE
SELECT :"columns" FROM jsonb_populate_record(CAST(NULL AS :"schema".:"name"), $1)
-- name: run
SELECT result, earlier, state, code, message FROM pg_temp.check_runs(:'requests'::jsonb)
