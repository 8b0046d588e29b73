-- Brings back the rows of a database whose schema is that of the snapshot that it was copied from.

-- name: restorable
-- True if rows can be put back one by one: no copy of them is elsewhere, nothing notices, and they are few.
SELECT current_setting('is_superuser')::bool
  AND NOT EXISTS (SELECT FROM pg_class WHERE relkind = 'm')
  AND NOT EXISTS (SELECT FROM pg_trigger WHERE tgenabled IN ('A', 'R'))
  AND NOT EXISTS (SELECT FROM pg_rewrite WHERE ev_enabled IN ('A', 'R'))
  -- A session of PostgREST keeps the numbers that it has taken in advance.
  AND NOT EXISTS (SELECT FROM pg_sequence WHERE seqcache > 1)
  -- Functions that adding a row calls could write, or have another result by now.
  AND NOT EXISTS (SELECT FROM pg_depend AS d LEFT JOIN pg_attrdef AS v ON d.classid = 'pg_attrdef'::regclass AND v.oid = d.objid
    LEFT JOIN pg_attribute AS a ON a.attrelid = v.adrelid AND a.attnum = v.adnum
    WHERE d.refclassid = 'pg_proc'::regclass AND d.refobjid >= 16384
      AND (d.classid IN ('pg_class'::regclass, 'pg_constraint'::regclass) OR a.attgenerated <> ''))
  AND coalesce(sum(pg_total_relation_size(oid)), 0) <= :{bytes} AS restorable
FROM pg_class WHERE relkind = 'r' AND relnamespace <> 'pg_catalog'::regnamespace

-- name: parts
-- All that a copy of a database has of its own. Statistics decide no answer. What the tables of information_schema hold
-- hardly ever changes: their rows need not be read.
SELECT format('%I.%I', n.nspname, c.relname) AS name,
  CASE WHEN n.nspname IN ('pg_catalog', 'information_schema') THEN 'catalog' WHEN c.relkind = 'S' THEN 'sequence' ELSE 'table' END AS kind,
  (SELECT string_agg(format('(r).%I', a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute AS a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS fields,
  (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute AS a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '') AS columns
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'S') AND NOT c.relisshared AND n.nspname <> 'pg_toast'
  AND c.oid NOT IN ('pg_statistic'::regclass, 'pg_statistic_ext_data'::regclass)
ORDER BY c.oid

-- name: state_of_table
-- Each change leaves another number of rows or another sum of transactions. Those that began before a restore may leave the
-- same sum, but hardly one of hashes. Rows of the bootstrap have no age.
SELECT :'name' AS name, count(*) AS rows, concat_ws(' ', sum(transaction), sum(hashint4(transaction))) AS transactions
FROM (SELECT age('3'::xid) - nullif(age(xmin), 2147483647) AS transaction FROM ONLY :{table}) AS r
-- name: state_of_sequence
SELECT :'name' AS name, last_value AS rows, is_called::text AS transactions FROM :{table}

-- name: exact
-- A value as text is then exactly that value.
SET extra_float_digits = 1;
SET DateStyle = ISO;
SET IntervalStyle = postgres
-- name: rows_of_table
SELECT :'name' AS name, array_agg((t.*)::text ORDER BY t.ctid) AS rows FROM ONLY :{table} AS t

-- name: triggers_off
-- Triggers and foreign keys are off for the whole session: Postgres forgets all plans when this changes.
SET session_replication_role = replica
-- name: begin
-- Nobody else is connected from here on but PostgREST, which may read meanwhile. Texts are read as they were written.
BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
SET LOCAL lock_timeout = 500;
SET LOCAL DateStyle = ISO;
SET LOCAL IntervalStyle = postgres;
SET LOCAL array_nulls = on;
SET LOCAL xmloption = content;
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE datname = current_database() AND usename <> :'authenticator' AND pid <> pg_backend_pid()
-- name: keep_others_from_writing
LOCK TABLE ONLY :{table} IN SHARE ROW EXCLUSIVE MODE
-- name: own_state
-- Privileges on the database, and if there are settings, properties, subscriptions or locks, which no copy has.
SELECT d.datacl::text AS privileges,
  EXISTS (SELECT FROM pg_db_role_setting WHERE setdatabase = d.oid)
    OR EXISTS (SELECT FROM pg_shdescription WHERE classoid = 'pg_database'::regclass AND objoid = d.oid)
    OR EXISTS (SELECT FROM pg_subscription WHERE subdbid = d.oid)
    OR d.datconnlimit <> -1 OR d.datistemplate
    OR EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND database = d.oid) AS has_more
FROM pg_database AS d WHERE d.datname = current_database()

-- name: remove_rows
DELETE FROM ONLY :{table}
-- name: add_rows
INSERT INTO :{table} (:{columns}) OVERRIDING SYSTEM VALUE
SELECT :{fields} FROM (SELECT CAST(unnest(ARRAY[:'rows']::text[]) AS :{table}) AS r OFFSET 0) AS remembered
-- name: set_sequence
SELECT setval(:'name', :{value}, :{is_called})
