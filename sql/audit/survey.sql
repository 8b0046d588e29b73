-- What the audit of any database reads: facts only, in a few passes over the catalogs. Objects are named by their number as text, so
-- that the parts can be joined. Privileges come as Postgres stores them: to ask for each role and object would cost more than all the rest.

-- name: begin
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY

-- name: server
SELECT current_setting('server_version_num')::int AS version, current_database() AS database, current_user AS "user",
  EXISTS (SELECT FROM pg_collation WHERE NOT collisdeterministic) AS vague_texts, d.datdba::text AS owner, coalesce(d.datacl, acldefault('d', d.datdba))::text[] AS acl,
  -- As the server begins each session: this one's own values, and those of its role and database, are not the server's.
  (SELECT jsonb_object_agg(s.name, s.reset_val) FROM pg_settings AS s WHERE s.name IN ('lo_compat_privileges', 'row_security',
    'session_replication_role', 'standard_conforming_strings', 'statement_timeout', 'wal_level', 'shared_preload_libraries')
    AND NOT EXISTS (SELECT FROM pg_db_role_setting AS g CROSS JOIN unnest(g.setconfig) AS u
      WHERE g.setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = session_user)) AND g.setdatabase IN (0, d.oid) AND split_part(u, '=', 1) = s.name)) AS settings
FROM pg_database AS d WHERE d.datname = current_database()

-- name: roles
SELECT r.oid::text AS id, r.rolname AS name, r.rolsuper AS superuser, r.rolinherit AS inherit, r.rolcreaterole AS create_role,
  r.rolcreatedb AS create_database, r.rolcanlogin AS login, r.rolreplication AS replication, r.rolbypassrls AS bypass_rls
FROM pg_roles AS r ORDER BY r.rolname

-- name: memberships
-- Before PostgreSQL 16 a membership had no options of its own but ADMIN.
SELECT m.member::text AS member, m.roleid::text AS role, m.admin_option AS admin,
  coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, r.rolinherit) AS inherit,
  coalesce((to_jsonb(m) ->> 'set_option')::boolean, true) AS set
FROM pg_auth_members AS m JOIN pg_roles AS r ON r.oid = m.member ORDER BY 1, 2

-- name: settings
-- Those of the server, of every role, of this database, and of roles in it; a later one wins.
SELECT s.setrole::text AS role, s.setdatabase <> 0 AS here, split_part(u, '=', 1) AS name, substr(u, strpos(u, '=') + 1) AS value
FROM pg_db_role_setting AS s CROSS JOIN LATERAL unnest(s.setconfig) AS u
WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
ORDER BY s.setdatabase, s.setrole, 3

-- name: schemas
SELECT n.oid::text AS id, n.nspname AS name, n.nspowner::text AS owner, coalesce(n.nspacl, acldefault('n', n.nspowner))::text[] AS acl,
  EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e') AS extension
FROM pg_namespace AS n WHERE n.nspname !~ '^pg_(toast|temp)' ORDER BY n.nspname

-- name: relations
SELECT c.oid::text AS id, c.relnamespace::text AS schema, c.relname AS name, c.relkind AS kind, c.relowner::text AS owner,
  c.relrowsecurity AS row_security, c.relforcerowsecurity AS force_row_security, c.relispartition AS partition, c.reltuples::float8 AS rows,
  'security_invoker=true' = ANY (o.options) OR 'security_invoker=on' = ANY (o.options) OR 'security_invoker=1' = ANY (o.options) AS security_invoker,
  'security_barrier=true' = ANY (o.options) OR 'security_barrier=on' = ANY (o.options) OR 'security_barrier=1' = ANY (o.options) AS security_barrier,
  EXISTS (SELECT FROM unnest(o.options) AS u WHERE u LIKE 'check_option=%') AS check_option,
  coalesce(c.relacl, acldefault(CASE c.relkind WHEN 'S' THEN 's' ELSE 'r' END::"char", c.relowner))::text[] AS acl,
  e.refobjid::text AS extension,
  CASE WHEN c.relkind IN ('v', 'm') THEN pg_get_viewdef(c.oid) END AS definition,
  CASE WHEN c.relkind = 'v' THEN pg_relation_is_updatable(c.oid, false) ELSE 0 END AS updatable,
  CASE WHEN c.relkind = 'v' THEN pg_relation_is_updatable(c.oid, true) ELSE 0 END AS triggered
FROM pg_class AS c CROSS JOIN LATERAL (SELECT coalesce(lower(c.reloptions::text)::text[], '{}') AS options) AS o
LEFT JOIN pg_depend AS e ON e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e' AND e.refclassid = 'pg_extension'::regclass
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')
ORDER BY c.oid

-- name: columns
-- One row for each relation: arrays in the order of the columns.
SELECT a.attrelid::text AS relation, json_agg(json_build_array(a.attname, format_type(a.atttypid, NULL), a.attnotnull, a.attidentity <> '' OR a.attgenerated <> '',
  pg_get_expr(d.adbin, d.adrelid), a.attacl::text[], e.labels) ORDER BY a.attnum) AS columns
FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid
LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN (SELECT enumtypid, array_agg(enumlabel ORDER BY enumsortorder) AS labels FROM pg_enum GROUP BY 1) AS e ON e.enumtypid = a.atttypid
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND c.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')
GROUP BY a.attrelid

-- name: checks
-- Without those that hold for new rows only.
SELECT k.conrelid::text AS relation, array_agg(pg_get_expr(k.conbin, k.conrelid) ORDER BY k.conname) AS checks
FROM pg_constraint AS k WHERE k.contype = 'c' AND k.convalidated AND k.conrelid <> 0
  AND k.connamespace IN (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')
GROUP BY k.conrelid

-- name: indexes
SELECT i.indrelid::text AS relation, c.relname AS name, i.indisunique AS "unique", i.indisprimary AS "primary", pg_get_expr(i.indpred, i.indrelid) AS predicate,
  EXISTS (SELECT FROM pg_constraint AS k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')) AS "constraint",
  ARRAY(SELECT coalesce(a.attname::text, pg_get_indexdef(i.indexrelid, k.position::int, true)) FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, position)
    LEFT JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.number AND k.number <> 0
    WHERE k.position <= i.indnkeyatts ORDER BY k.position) AS keys
FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid JOIN pg_class AS t ON t.oid = i.indrelid
WHERE i.indisvalid AND t.relnamespace IN (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')
ORDER BY i.indrelid, c.relname

-- name: references
SELECT k.conname AS name, k.conrelid::text AS relation, k.confrelid::text AS referenced,
  ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY AS u(number, position) JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = u.number
    ORDER BY u.position) AS columns,
  ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY AS u(number, position) JOIN pg_attribute AS a ON a.attrelid = k.confrelid AND a.attnum = u.number
    ORDER BY u.position) AS referenced_columns,
  CASE k.confdeltype WHEN 'a' THEN 'no action' WHEN 'r' THEN 'restrict' WHEN 'n' THEN 'set null' WHEN 'd' THEN 'set default' ELSE 'cascade' END AS on_delete,
  CASE k.confupdtype WHEN 'a' THEN 'no action' WHEN 'r' THEN 'restrict' WHEN 'n' THEN 'set null' WHEN 'd' THEN 'set default' ELSE 'cascade' END AS on_update,
  ARRAY(SELECT a.attname::text FROM pg_attribute AS a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.confdelsetcols)) AS set_columns
FROM pg_constraint AS k WHERE k.contype = 'f' AND k.conparentid = 0 ORDER BY k.conrelid, k.conname

-- name: policies
SELECT p.oid::text AS id, p.polrelid::text AS relation, p.polname AS name, p.polpermissive AS permissive,
  CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete' END AS command,
  p.polroles::text[] AS roles, pg_get_expr(p.polqual, p.polrelid) AS using, pg_get_expr(p.polwithcheck, p.polrelid) AS check
FROM pg_policy AS p ORDER BY p.polrelid, p.polname

-- name: functions
-- Without those of pg_catalog.
SELECT p.oid::text AS id, p.pronamespace::text AS schema, p.proname AS name, p.oid::regprocedure::text AS signature, p.proowner::text AS owner,
  p.prokind AS kind, p.prosecdef AS security_definer, p.proleakproof AS leakproof, p.provolatile AS volatility, p.proisstrict AS strict, l.lanname AS language,
  l.lanpltrusted AS trusted, coalesce(p.proconfig, '{}')::text[] AS settings, coalesce(p.proacl, acldefault('f', p.proowner))::text[] AS acl,
  ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY AS a(t, position) ORDER BY position) AS arguments,
  coalesce(p.proargnames, '{}')::text[] AS argument_names,
  CASE WHEN p.pronargs = 1 THEN (SELECT t.typrelid::text FROM pg_type AS t WHERE t.oid = p.proargtypes[0] AND t.typrelid <> 0) END AS of_row,
  p.prorettype::regtype::text AS returns, p.proretset AS returns_set,
  p.prorettype IN ('trigger'::regtype, 'event_trigger'::regtype) AS of_triggers,
  CASE WHEN e.refobjid IS NULL THEN coalesce(pg_get_function_sqlbody(p.oid), p.prosrc) ELSE '' END AS body, e.refobjid::text AS extension
FROM pg_proc AS p JOIN pg_language AS l ON l.oid = p.prolang
LEFT JOIN pg_depend AS e ON e.classid = 'pg_proc'::regclass AND e.objid = p.oid AND e.deptype = 'e' AND e.refclassid = 'pg_extension'::regclass
WHERE p.pronamespace IN (SELECT oid FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema') AND p.prokind IN ('f', 'p', 'w')
  AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'i')
ORDER BY p.oid

-- name: server_functions
-- Postgres' own that reach files, programs and other servers, with grants beyond those of initdb.
SELECT p.oid::text AS id, p.proname AS name, p.oid::regprocedure::text AS signature, p.proowner::text AS owner,
  p.proacl::text[] AS acl
FROM pg_proc AS p LEFT JOIN pg_init_privs AS i ON i.classoid = 'pg_proc'::regclass AND i.objoid = p.oid
WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proacl IS NOT NULL AND p.proacl IS DISTINCT FROM i.initprivs
  AND p.proname ~ '^(pg_read_|pg_ls_|pg_stat_file|lo_import|lo_export|pg_file_|pg_reload_conf|pg_rotate|pg_terminate|pg_cancel|pg_promote|pg_switch_wal|pg_backup|pg_create_restore|pg_logical|pg_replication|pg_create_.*slot|pg_drop_replication|set_config|pg_current_logfile|adminpack)'
ORDER BY 4

-- name: dependencies
-- What views, policies, functions with a parsed body, defaults and triggers rest on.
SELECT DISTINCT d.kind, d.id, d.needs, d.needs_id FROM (
  SELECT 'relation' AS kind, w.ev_class::text AS id, CASE d.refclassid WHEN 'pg_class'::regclass THEN 'relation' ELSE 'function' END AS needs, d.refobjid::text AS needs_id
  FROM pg_rewrite AS w JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid IN ('pg_class'::regclass, 'pg_proc'::regclass)
  WHERE w.ev_type = '1' AND d.refobjid <> w.ev_class
  UNION ALL
  SELECT 'policy', d.objid::text, CASE d.refclassid WHEN 'pg_class'::regclass THEN 'relation' ELSE 'function' END, d.refobjid::text
  FROM pg_depend AS d JOIN pg_policy AS p ON p.oid = d.objid
  WHERE d.classid = 'pg_policy'::regclass AND d.refclassid IN ('pg_class'::regclass, 'pg_proc'::regclass) AND d.refobjid <> p.polrelid
  UNION ALL
  SELECT 'function', d.objid::text, CASE d.refclassid WHEN 'pg_class'::regclass THEN 'relation' ELSE 'function' END, d.refobjid::text
  FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.refclassid IN ('pg_class'::regclass, 'pg_proc'::regclass) AND d.deptype = 'n'
  UNION ALL
  SELECT 'relation', t.adrelid::text, 'function', d.refobjid::text
  FROM pg_attrdef AS t JOIN pg_depend AS d ON d.classid = 'pg_attrdef'::regclass AND d.objid = t.oid AND d.refclassid = 'pg_proc'::regclass
) AS d
WHERE d.needs_id::oid >= 16384 ORDER BY 1, 2, 3, 4

-- name: triggers
SELECT t.tgrelid::text AS relation, t.tgname AS name, t.tgfoid::text AS function, t.tgtype & 4 <> 0 AS on_insert, t.tgtype & 8 <> 0 AS on_delete,
  t.tgtype & 16 <> 0 AS on_update, t.tgtype & 3 = 3 AS before, t.tgenabled <> 'D' AS enabled
FROM pg_trigger AS t WHERE NOT t.tgisinternal ORDER BY t.tgrelid, t.tgname

-- name: rewrite_rules
SELECT w.ev_class::text AS relation, w.rulename AS name, CASE w.ev_type WHEN '2' THEN 'update' WHEN '3' THEN 'insert' WHEN '4' THEN 'delete' ELSE 'select' END AS command,
  pg_get_ruledef(w.oid) AS definition
FROM pg_rewrite AS w JOIN pg_class AS c ON c.oid = w.ev_class JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE w.rulename <> '_RETURN' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY w.ev_class, w.rulename

-- name: children
SELECT i.inhparent::text AS parent, i.inhrelid::text AS child FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
WHERE c.relkind IN ('r', 'p', 'f') ORDER BY i.inhparent, i.inhrelid

-- name: default_privileges
SELECT d.defaclrole::text AS role, nullif(d.defaclnamespace, 0)::text AS schema, d.defaclobjtype AS kind, d.defaclacl::text[] AS acl
FROM pg_default_acl AS d ORDER BY 1, 2, 3

-- name: extensions
SELECT e.oid::text AS id, e.extname AS name, e.extnamespace::text AS schema, e.extrelocatable AS relocatable FROM pg_extension AS e ORDER BY e.extname

-- name: published
SELECT p.oid::text AS publication, p.pubname AS name, c.oid::text AS relation, to_jsonb(t) ->> 'rowfilter' IS NOT NULL AS filtered
FROM pg_publication AS p CROSS JOIN LATERAL pg_get_publication_tables(p.pubname) AS g JOIN pg_class AS c ON c.oid = g.relid
LEFT JOIN pg_publication_tables AS t ON t.pubname = p.pubname AND t.schemaname = c.relnamespace::regnamespace::text AND t.tablename = c.relname
ORDER BY p.pubname, c.oid

-- name: subscribed
SELECT s.subname AS name, r.srrelid::text AS relation FROM pg_subscription_rel AS r JOIN pg_subscription AS s ON s.oid = r.srsubid ORDER BY 1, 2

-- name: event_triggers
SELECT t.evtname AS name, p.oid::regprocedure::text AS function, p.proowner::text AS owner, t.evtowner::text AS trigger_owner, e.objid IS NOT NULL AS extension
FROM pg_event_trigger AS t JOIN pg_proc AS p ON p.oid = t.evtfoid
LEFT JOIN pg_depend AS e ON e.classid = 'pg_event_trigger'::regclass AND e.objid = t.oid AND e.deptype = 'e'
WHERE t.evtenabled <> 'D' ORDER BY t.evtname

-- name: large_objects
SELECT l.lomowner::text AS owner, l.lomacl::text[] AS acl, count(*)::int AS count FROM pg_largeobject_metadata AS l GROUP BY 1, 2 ORDER BY 1, 2

-- name: foreign_servers
SELECT s.srvname AS name, s.srvowner::text AS owner, coalesce(s.srvacl, acldefault('S', s.srvowner))::text[] AS acl FROM pg_foreign_server AS s ORDER BY 1
