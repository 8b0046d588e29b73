-- Measures which rows of one table or view a role reaches. All of it is one transaction, which is rolled back.

-- name: begin
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE
-- name: begin_command
SAVEPOINT command
-- name: begin_subjects
SAVEPOINT subject
-- name: end_command
ROLLBACK TO SAVEPOINT command

-- name: relation
SELECT c.oid, c.relkind IN ('r', 'p') AS is_table,
  ARRAY(SELECT a.attname::text FROM pg_attribute AS a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS columns,
  ARRAY(SELECT a.attname::text
    FROM pg_index AS i CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, position)
    JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum = k.attnum
    WHERE i.indrelid = c.oid AND i.indisprimary AND k.position <= i.indnkeyatts ORDER BY k.position) AS key
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = :'schema' AND c.relname = :'name' AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
-- name: roles
-- Existing roles, and if the authenticator and the connected role may SET ROLE to them. Before 16 every member may.
SELECT r.rolname AS name, coalesce(pg_has_role(a.oid, r.oid, how), false) AS served, pg_has_role(r.oid, how) AS ours
FROM (SELECT CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END) AS may(how)
CROSS JOIN pg_roles AS r LEFT JOIN pg_roles AS a ON a.rolname = :'authenticator'
WHERE r.rolname = ANY (ARRAY[:'roles']::text[])
-- name: join_role
GRANT :"role" TO CURRENT_USER
-- name: columns
SELECT r.rolname AS role, c.command, ARRAY(SELECT a.attname::text FROM pg_attribute AS a
    WHERE a.attrelid = :'relation'::oid AND a.attnum > 0 AND NOT a.attisdropped
      AND has_column_privilege(r.oid, a.attrelid, a.attnum, c.command)
    ORDER BY a.attnum) AS columns
FROM pg_roles AS r CROSS JOIN unnest('{select,insert,update}'::text[]) AS c(command)
WHERE r.rolname = ANY (ARRAY[:'roles']::text[])

-- name: lock_table
LOCK TABLE :"schema".:"name" IN ACCESS EXCLUSIVE MODE
-- name: binding_tables
-- Tables whose policies bind the connected role. As their owner it can remove FORCE; otherwise the measurement fails.
SELECT c.oid, n.nspname AS schema, c.relname AS name FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (ARRAY[:'schemas']::text[]) AND (:{only} IS NULL OR c.oid = :{only}) AND row_security_active(c.oid)
-- name: owner_views
-- Views that read with the rights of their owner, which policies may bind.
SELECT n.nspname AS schema, c.relname AS name FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY (ARRAY[:'schemas']::text[]) AND c.relkind = 'v' AND pg_has_role(c.relowner, 'USAGE')
  AND NOT EXISTS (SELECT FROM pg_options_to_table(c.reloptions) WHERE option_name = 'security_invoker' AND option_value::bool)
-- name: use_owner_rights
ALTER VIEW :"schema".:"name" SET (security_invoker = false)
-- name: keep_rows
CREATE TEMPORARY TABLE access_rows ON COMMIT DROP AS
SELECT row_number() OVER (ORDER BY :{order}) AS number, ARRAY[:{key}] AS key, :{place}, CAST(r.* AS :"schema".:"name") AS content
FROM :"schema".:"name" AS r ORDER BY number LIMIT :'limit'::bigint;
GRANT SELECT ON pg_temp.access_rows TO PUBLIC
-- name: count_rows
SELECT count(*)::int AS rows FROM pg_temp.access_rows
-- name: drop_last_row
DELETE FROM pg_temp.access_rows WHERE number = (SELECT max(number) FROM pg_temp.access_rows)
-- name: keep_defaults
INSERT INTO pg_temp.access_rows (number, key) VALUES (1, '{DEFAULT VALUES}')

-- name: runs_own_code
-- Tests if a command on a table can run code that a user wrote, which may draw from any sequence: a trigger, a rule, a cascade to
-- another table, or a function that a policy, a default, a constraint or an index calls. Only this package's functions, those of
-- extensions and Postgres' own are known to draw from none. Each catalog is read by an index: others tables cost nothing.
WITH parts(classid, objid) AS (
  VALUES ('pg_class'::regclass, :'relation'::oid)
  UNION ALL SELECT 'pg_class'::regclass, indexrelid FROM pg_index WHERE indrelid = :'relation'::oid
  UNION ALL SELECT 'pg_attrdef'::regclass, oid FROM pg_attrdef WHERE adrelid = :'relation'::oid
  UNION ALL SELECT 'pg_constraint'::regclass, oid FROM pg_constraint WHERE conrelid = :'relation'::oid
  UNION ALL SELECT 'pg_policy'::regclass, oid FROM pg_policy WHERE polrelid = :'relation'::oid
), needed AS (
  SELECT d.classid, d.refclassid, d.refobjid FROM parts AS p JOIN pg_depend AS d ON d.classid = p.classid AND d.objid = p.objid
  WHERE NOT EXISTS (SELECT FROM pg_depend AS e
    WHERE e.classid = d.refclassid AND e.objid = d.refobjid AND e.refclassid = 'pg_extension'::regclass AND e.deptype = 'e')
), expressions(tree) AS (
  SELECT adbin::text FROM pg_attrdef WHERE adrelid = :'relation'::oid
  UNION ALL SELECT conbin::text FROM pg_constraint WHERE conrelid = :'relation'::oid
  UNION ALL SELECT concat(polqual::text, polwithcheck::text) FROM pg_policy WHERE polrelid = :'relation'::oid
)
SELECT (SELECT relkind FROM pg_class WHERE oid = :'relation'::oid) <> 'r'
  OR EXISTS (SELECT FROM pg_rewrite WHERE ev_class = :'relation'::oid)
  OR EXISTS (SELECT FROM pg_inherits WHERE inhrelid = :'relation'::oid)
  OR EXISTS (SELECT FROM pg_inherits WHERE inhparent = :'relation'::oid)
  OR EXISTS (SELECT FROM pg_trigger AS t JOIN pg_proc AS f ON f.oid = t.tgfoid
    WHERE t.tgrelid = :'relation'::oid AND f.proname !~ '^RI_FKey_(check|noaction|restrict)_')
  OR EXISTS (SELECT FROM needed AS n JOIN pg_proc AS f ON n.refclassid = 'pg_proc'::regclass AND f.oid = n.refobjid
    WHERE f.pronamespace <> :'private'::regnamespace)
  OR EXISTS (SELECT FROM needed AS n JOIN pg_type AS t ON n.refclassid = 'pg_type'::regclass AND t.oid = n.refobjid WHERE t.typtype = 'd')
  OR EXISTS (SELECT FROM needed WHERE refclassid = 'pg_operator'::regclass)
  -- Policies of another table hold for what a policy reads there.
  OR EXISTS (SELECT FROM needed WHERE classid = 'pg_policy'::regclass AND refclassid = 'pg_class'::regclass AND refobjid <> :'relation'::oid)
  -- Its name may be computed.
  OR (SELECT count(*) FROM expressions, regexp_matches(tree, ':funcid (\d+) ', 'g') AS m(called)
      WHERE m.called[1]::oid IN ('nextval(regclass)'::regprocedure, 'setval(regclass,bigint)'::regprocedure, 'setval(regclass,bigint,boolean)'::regprocedure))
    > (SELECT count(*) FROM needed AS n JOIN pg_class AS s ON n.refclassid = 'pg_class'::regclass AND s.oid = n.refobjid
      WHERE n.classid = 'pg_attrdef'::regclass AND s.relkind = 'S')
  AS runs_own_code
-- name: table_sequences
-- Sequences of a table's columns, and those that its defaults name.
SELECT n.nspname AS schema, s.relname AS name FROM pg_class AS s JOIN pg_namespace AS n ON n.oid = s.relnamespace
WHERE s.relkind = 'S' AND n.nspname = ANY (ARRAY[:'schemas']::text[]) AND pg_has_role(s.relowner, 'USAGE') AND s.oid IN (
  SELECT objid FROM pg_depend
  WHERE refclassid = 'pg_class'::regclass AND refobjid = :'relation'::oid AND classid = 'pg_class'::regclass
  UNION ALL
  SELECT d.refobjid FROM pg_attrdef AS a
  JOIN pg_depend AS d ON d.classid = 'pg_attrdef'::regclass AND d.objid = a.oid AND d.refclassid = 'pg_class'::regclass
  WHERE a.adrelid = :'relation'::oid)
-- name: sequences
SELECT n.nspname AS schema, c.relname AS name FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND n.nspname = ANY (ARRAY[:'schemas']::text[]) AND pg_has_role(c.relowner, 'USAGE')
-- name: keep_sequence
-- A rollback does not undo `nextval`. But ALTER SEQUENCE writes a new version of the sequence, which a rollback drops.
ALTER SEQUENCE :"schema".:"name" CACHE 1

-- name: aim
-- Added to the existing policies: the command reaches only the row that is tried. So it needs no WHERE, for which the
-- role would need SELECT on columns. Postgres applies policies by name, this one first, so that no other row makes a
-- policy fail.
CREATE POLICY "!access_probe" ON :"schema".:"name" AS RESTRICTIVE FOR :{command} TO :"roles"
USING (tableoid = current_setting('access_probe.part')::oid AND ctid = current_setting('access_probe.place')::tid) :{check}
-- name: show_rows
GRANT SELECT ON :"schema".:"name" TO :"roles"

-- name: make_functions
-- Tests which statements can be planned. Runs none of them.
CREATE FUNCTION pg_temp.access_plans(statements text[]) RETURNS SETOF boolean LANGUAGE plpgsql AS $function$
DECLARE
  tried text;
BEGIN
  FOREACH tried IN ARRAY statements LOOP
    BEGIN
      EXECUTE 'EXPLAIN ' || tried;
      RETURN NEXT true;
    EXCEPTION WHEN OTHERS THEN
      RETURN NEXT false;
    END;
  END LOOP;
END
$function$;
-- Applies the settings of a request to the session.
CREATE FUNCTION pg_temp.access_becomes(names text[], settings text[]) RETURNS void LANGUAGE plpgsql AS $function$
BEGIN
  PERFORM set_config(s.name, s.setting, true) FROM unnest(names, settings) AS s(name, setting);
END
$function$;
-- Runs a statement once for each kept row, which is its parameter, and undoes it each time. EXPLAIN checks the
-- privileges first: if it fails there is no key. The code is 00000 if a row was met, 02000 if none was (SQL standard),
-- or that of the error. No error leaves the function, so Postgres logs none.
CREATE FUNCTION pg_temp.access_tries(names text[], settings text[], pre_request text, statement text, aimed_at oid)
RETURNS TABLE (key text[], code text) LANGUAGE plpgsql AS $function$
DECLARE
  tried record;
  met bigint;
BEGIN
  PERFORM pg_temp.access_becomes(names, settings);
  PERFORM pg_catalog.set_config('access_probe.part', '0', true), pg_catalog.set_config('access_probe.place', '(0,0)', true);
  BEGIN
    EXECUTE pre_request;
    EXECUTE 'EXPLAIN ' || statement USING (SELECT r.content FROM pg_temp.access_rows AS r LIMIT 1);
  EXCEPTION WHEN OTHERS THEN
    RETURN QUERY SELECT NULL::text[], SQLSTATE;
    RETURN;
  END;
  IF NOT pg_catalog.row_security_active(aimed_at) THEN
    -- No policy binds the role, nor does the probe's own: it meets every row.
    RETURN QUERY SELECT r.key, '00000' FROM pg_temp.access_rows AS r ORDER BY r.number;
    RETURN;
  END IF;
  FOR tried IN SELECT r.* FROM pg_temp.access_rows AS r ORDER BY r.number LOOP
    PERFORM pg_catalog.set_config('access_probe.part', tried.part::text, true),
      pg_catalog.set_config('access_probe.place', tried.place::text, true);
    BEGIN
      EXECUTE statement USING tried.content;
      GET DIAGNOSTICS met = ROW_COUNT;
      RAISE SQLSTATE 'UNDO0';
    EXCEPTION
      WHEN SQLSTATE 'UNDO0' THEN code := CASE WHEN met > 0 THEN '00000' ELSE '02000' END;
      WHEN OTHERS THEN code := SQLSTATE;
    END;
    key := tried.key;
    RETURN NEXT;
  END LOOP;
END
$function$;
-- Runs a query that returns keys and codes itself.
CREATE FUNCTION pg_temp.access_reads(names text[], settings text[], pre_request text, statement text)
RETURNS TABLE (key text[], code text) LANGUAGE plpgsql AS $function$
BEGIN
  PERFORM pg_temp.access_becomes(names, settings);
  BEGIN
    EXECUTE pre_request;
    RETURN QUERY EXECUTE statement;
  EXCEPTION WHEN OTHERS THEN
    RETURN QUERY SELECT NULL::text[], SQLSTATE;
  END;
END
$function$

-- name: settable
SELECT pg_temp.access_plans(ARRAY[:'statements']::text[]) AS settable
-- name: set_column_by_insert
INSERT INTO :"schema".:"name" (:"column") VALUES (NULL)
-- name: set_column_by_update
UPDATE :"schema".:"name" SET :"column" = NULL

-- name: pre_request
SELECT :"private".pre_request()
-- name: try
SELECT key, code FROM pg_temp.access_tries(ARRAY[:'names'], ARRAY[:'settings'], :'pre_request', :'statement', :{aimed_at});
ROLLBACK TO SAVEPOINT subject
-- name: read
SELECT key, code FROM pg_temp.access_reads(ARRAY[:'names'], ARRAY[:'settings'], :'pre_request', :'statement');
ROLLBACK TO SAVEPOINT subject

-- name: select_table
SELECT FROM :"schema".:"name"
-- name: insert
INSERT INTO :"schema".:"name" (:"columns") SELECT :"columns" FROM (SELECT ($1).*) AS copy
-- name: insert_defaults
INSERT INTO :"schema".:"name" DEFAULT VALUES
-- name: update_table
UPDATE :"schema".:"name" SET (:"columns") = (SELECT :"columns" FROM (SELECT ($1).*) AS copy)
-- name: delete_table
DELETE FROM :"schema".:"name"
-- name: select_view
SELECT ARRAY[row_to_json(r.*)::text] AS key, '00000' AS code FROM (SELECT :"columns" FROM :"schema".:"name") AS r
ORDER BY key LIMIT :'limit'::bigint
-- name: update_view
UPDATE :"schema".:"name" AS r SET (:"columns") = (SELECT :"columns" FROM (SELECT ($1).*) AS copy)
WHERE row_to_json(r.*)::text = row_to_json($1)::text
-- name: delete_view
DELETE FROM :"schema".:"name" AS r WHERE row_to_json(r.*)::text = row_to_json($1)::text
