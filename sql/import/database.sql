-- What an imported database holds. Nothing here writes; names are shown in full, with pg_catalog alone in the search path.

-- name: begin
BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY

-- name: version
SELECT current_setting('server_version_num')::int AS version
-- name: roles
-- Roles that are not Postgres' own, with those that they may become and those whose privileges they have. Before 16 every member
-- may become the role.
SELECT r.rolname AS name, r.rolsuper AS superuser, r.rolbypassrls AS bypass_rls, r.rolcanlogin AS login,
  ARRAY(SELECT o.rolname::text FROM pg_roles AS o WHERE o.oid <> r.oid AND o.rolname NOT LIKE 'pg\_%' AND pg_has_role(r.oid, o.oid, may.how)
    ORDER BY 1) AS member_of,
  ARRAY(SELECT o.rolname::text FROM pg_roles AS o WHERE o.oid <> r.oid AND o.rolname NOT LIKE 'pg\_%' AND pg_has_role(r.oid, o.oid, 'USAGE')
    ORDER BY 1) AS inherits,
  -- Those of the database come over those of the role, as in a session.
  ARRAY(SELECT u FROM pg_db_role_setting AS s, unnest(s.setconfig) AS u
    WHERE s.setrole = r.oid AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
    ORDER BY s.setdatabase) AS settings
FROM (SELECT CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END) AS may(how) CROSS JOIN pg_roles AS r
WHERE r.rolname NOT LIKE 'pg\_%' ORDER BY r.rolname

-- name: schemas
SELECT n.nspname AS name,
  EXISTS (SELECT FROM pg_class AS c WHERE c.relnamespace = n.oid AND NOT EXISTS (SELECT FROM pg_depend AS d
    WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))
  OR EXISTS (SELECT FROM pg_proc AS p WHERE p.pronamespace = n.oid AND NOT EXISTS (SELECT FROM pg_depend AS d
    WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'))
  OR EXISTS (SELECT FROM pg_type AS t WHERE t.typnamespace = n.oid AND NOT EXISTS (SELECT FROM pg_depend AS d
    WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')) AS filled,
  EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_namespace'::regclass AND d.objid = n.oid AND d.deptype = 'e') AS extension,
  ARRAY(SELECT r.rolname::text FROM pg_roles AS r WHERE r.rolname NOT LIKE 'pg\_%' AND NOT r.rolsuper
    AND has_schema_privilege(r.oid, n.oid, 'USAGE') ORDER BY 1) AS used_by,
  -- Owners of views and of functions, whose rights others use.
  ARRAY(SELECT pg_get_userbyid(c.relowner)::text FROM pg_class AS c WHERE c.relnamespace = n.oid AND c.relkind = 'v'
    UNION SELECT pg_get_userbyid(p.proowner)::text FROM pg_proc AS p WHERE p.pronamespace = n.oid AND p.prosecdef ORDER BY 1) AS owners,
  -- Roles that grants or policies in it name.
  ARRAY(SELECT DISTINCT r.rolname::text FROM pg_roles AS r JOIN (
      SELECT a.grantee FROM pg_class AS c, aclexplode(c.relacl) AS a WHERE c.relnamespace = n.oid AND a.grantee <> c.relowner
      UNION SELECT a.grantee FROM pg_attribute AS t JOIN pg_class AS c ON c.oid = t.attrelid, aclexplode(t.attacl) AS a
        WHERE c.relnamespace = n.oid AND a.grantee <> c.relowner
      UNION SELECT a.grantee FROM pg_proc AS p, aclexplode(p.proacl) AS a WHERE p.pronamespace = n.oid AND a.grantee <> p.proowner
      UNION SELECT unnest(p.polroles) FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid WHERE c.relnamespace = n.oid
    ) AS named ON named.grantee = r.oid WHERE r.rolname NOT LIKE 'pg\_%' ORDER BY 1) AS named_roles
FROM pg_namespace AS n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY n.nspname

-- name: relations
-- $1: the schemas, $2: the roles of requests
SELECT n.nspname AS schema, c.relname AS name, c.relkind AS kind, pg_get_userbyid(c.relowner) AS owner, c.relrowsecurity AS row_security,
  EXISTS (SELECT FROM pg_options_to_table(c.reloptions) WHERE option_name = 'security_invoker' AND option_value::bool) AS security_invoker,
  EXISTS (SELECT FROM pg_inherits AS i WHERE i.inhrelid = c.oid) AS is_child,
  coalesce((SELECT json_agg(json_build_object('name', a.attname, 'type', t.type, 'format', format_type(a.atttypid, a.atttypmod),
      'nullable', NOT a.attnotnull, 'computed', a.attgenerated <> '', 'generated', a.attgenerated <> '' OR a.attidentity <> '', 'key', EXISTS (
        SELECT FROM pg_index AS i WHERE i.indrelid = c.oid AND i.indisunique AND a.attnum = ANY (i.indkey::int2[])),
      'labels', ARRAY(SELECT e.enumlabel::text FROM pg_enum AS e WHERE e.enumtypid = a.atttypid ORDER BY e.enumsortorder))
      ORDER BY a.attnum)
    FROM pg_attribute AS a CROSS JOIN LATERAL (
      -- Of a domain the type that it is over in the end.
      WITH RECURSIVE below AS (
        SELECT b.typtype, b.typname, b.typbasetype FROM pg_type AS b WHERE b.oid = a.atttypid
        UNION ALL
        SELECT b.typtype, b.typname, b.typbasetype FROM below AS d JOIN pg_type AS b ON d.typtype = 'd' AND b.oid = d.typbasetype)
      SELECT CASE typtype WHEN 'e' THEN 'enum' ELSE typname END AS type FROM below WHERE typtype <> 'd') AS t
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), '[]') AS columns,
  coalesce((SELECT json_agg(json_build_object('role', r.rolname, 'command', m.command, 'whole', m.whole, 'columns', m.columns)
      ORDER BY r.rolname, m.position)
    FROM pg_roles AS r CROSS JOIN LATERAL (
      SELECT o.command, o.position, has_table_privilege(r.oid, c.oid, o.command) AS whole,
        ARRAY(SELECT a.attname::text FROM pg_attribute AS a WHERE o.command <> 'delete' AND a.attrelid = c.oid AND a.attnum > 0
          AND NOT a.attisdropped AND has_column_privilege(r.oid, a.attrelid, a.attnum, o.command) ORDER BY a.attnum) AS columns
      FROM unnest('{select,insert,update,delete}'::text[]) WITH ORDINALITY AS o(command, position)) AS m
    WHERE r.rolname = ANY ($2::name[]) AND (m.whole OR m.columns <> '{}')), '[]') AS access,
  -- Commands that a view passes on, by itself or by INSTEAD OF triggers, and not by rules.
  ARRAY(SELECT o.command FROM (VALUES ('update', 4, '2'), ('insert', 8, '3'), ('delete', 16, '4')) AS o(command, bit, event)
    WHERE c.relkind <> 'v' OR pg_relation_is_updatable(c.oid, true) & o.bit <> 0
      AND NOT EXISTS (SELECT FROM pg_rewrite AS w WHERE w.ev_class = c.oid AND w.ev_type = o.event::"char")) AS writable,
  ARRAY(SELECT o.command FROM (VALUES ('update', 4), ('insert', 8), ('delete', 16)) AS o(command, bit)
    WHERE c.relkind = 'v' AND pg_relation_is_updatable(c.oid, false) & o.bit <> 0) AS passed_on,
  -- Rules that change what a command does; that of a view is none.
  coalesce((SELECT json_agg(json_build_object('name', w.rulename, 'command', CASE w.ev_type WHEN '2' THEN 'update' WHEN '3' THEN 'insert' ELSE 'delete' END)
      ORDER BY w.rulename)
    FROM pg_rewrite AS w WHERE w.ev_class = c.oid AND w.ev_type <> '1'), '[]') AS rules,
  -- Roles that no policy binds, whatever the table's are.
  ARRAY(SELECT r.rolname::text FROM pg_roles AS r WHERE r.rolname = ANY ($2::name[]) AND (r.rolsuper OR r.rolbypassrls
    OR NOT c.relforcerowsecurity AND pg_has_role(r.oid, c.relowner, 'USAGE')) ORDER BY 1) AS unbound_roles,
  -- Tables and views that the view itself reads, and whether its owner is bound by their policies.
  coalesce((SELECT json_agg(json_build_object('schema', b.schema, 'name', b.name, 'unbound', b.unbound, 'columns', b.columns) ORDER BY b.schema, b.name)
    FROM (SELECT bn.nspname AS schema, t.relname AS name, NOT t.relrowsecurity OR o.rolsuper OR o.rolbypassrls
        OR NOT t.relforcerowsecurity AND pg_has_role(o.oid, t.relowner, 'USAGE') AS unbound,
        coalesce(array_agg(DISTINCT a.attname::text) FILTER (WHERE a.attname IS NOT NULL), '{}') AS columns
      FROM pg_rewrite AS w JOIN pg_depend AS d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_class'::regclass
      JOIN pg_class AS t ON t.oid = d.refobjid AND t.oid <> c.oid AND t.relkind IN ('r', 'p', 'v', 'm', 'f')
      JOIN pg_namespace AS bn ON bn.oid = t.relnamespace JOIN pg_roles AS o ON o.oid = c.relowner
      LEFT JOIN pg_attribute AS a ON a.attrelid = t.oid AND a.attnum = d.refobjsubid AND a.attnum > 0
      WHERE w.ev_class = c.oid AND c.relkind = 'v' GROUP BY 1, 2, 3) AS b), '[]') AS reads
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1::name[]) AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT EXISTS (SELECT FROM pg_depend AS d
  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname, c.relname

-- name: policies
SELECT n.nspname AS schema, c.relname AS table, p.polname AS name, p.polpermissive AS permissive,
  CASE p.polcmd WHEN 'r' THEN '{select}' WHEN 'a' THEN '{insert}' WHEN 'w' THEN '{update}' WHEN 'd' THEN '{delete}'
    ELSE '{select,insert,update,delete}' END::text[] AS commands,
  pg_get_expr(p.polqual, p.polrelid) AS using, pg_get_expr(p.polwithcheck, p.polrelid) AS check,
  ARRAY(SELECT r.rolname::text FROM pg_roles AS r WHERE r.rolname = ANY ($2::name[]) AND EXISTS (
    SELECT FROM unnest(p.polroles) AS o WHERE o = 0 OR pg_has_role(r.oid, o, 'USAGE')) ORDER BY 1) AS roles
FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1::name[]) AND c.relrowsecurity ORDER BY n.nspname, c.relname, p.polname

-- name: functions
SELECT n.nspname AS schema, p.proname AS name, p.oid::regprocedure::text AS signature,
  ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY AS a(t, position) ORDER BY position) AS arguments,
  p.prokind AS kind, p.prosecdef AS security_definer, p.proleakproof AS leakproof, pg_get_userbyid(p.proowner) AS owner,
  (SELECT l.lanpltrusted FROM pg_language AS l WHERE l.oid = p.prolang) AS trusted,
  ARRAY(SELECT s FROM unnest(p.proconfig) AS s) AS settings,
  ARRAY(SELECT g.name FROM unnest(p.proconfig) AS s JOIN pg_settings AS g ON lower(g.name) = lower(split_part(s, '=', 1))
    WHERE g.context = 'superuser' ORDER BY g.name) AS superuser_settings,
  (SELECT l.lanname FROM pg_language AS l WHERE l.oid = p.prolang) AS language, coalesce(p.prosrc, '') AS body,
  (SELECT t.typname FROM pg_type AS t WHERE t.oid = p.prorettype) AS returns,
  p.prorettype IN ('trigger'::regtype, 'event_trigger'::regtype) AS of_triggers,
  ARRAY(SELECT r.rolname::text FROM pg_roles AS r WHERE r.rolname = ANY ($2::name[]) AND has_function_privilege(r.oid, p.oid, 'EXECUTE')
    ORDER BY 1) AS callable_by,
  ARRAY(SELECT r.rolname::text FROM pg_roles AS r WHERE r.rolname = ANY ($2::name[]) AND has_schema_privilege(r.oid, n.oid, 'USAGE')
    ORDER BY 1) AS found_by,
  -- Callers with the rights of the client: policies, defaults, checks, domains, views, and functions by their
  -- parsed bodies and the defaults of their arguments.
  EXISTS (SELECT FROM pg_depend AS d WHERE d.refclassid = 'pg_proc'::regclass AND d.refobjid = p.oid AND d.deptype = 'n'
    AND d.classid IN ('pg_policy'::regclass, 'pg_attrdef'::regclass, 'pg_constraint'::regclass, 'pg_rewrite'::regclass, 'pg_cast'::regclass, 'pg_proc'::regclass)) AS needed
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = ANY ($1::name[]) AND p.prokind IN ('f', 'p', 'w') AND NOT EXISTS (SELECT FROM pg_depend AS d
  WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype IN ('e', 'i'))
ORDER BY n.nspname, p.proname, signature

-- name: sequences
-- Sequences, and roles that may draw from them. An insert draws from that of an identity column without a privilege.
SELECT c.oid::regclass::text AS name, ARRAY(SELECT r.rolname::text FROM pg_roles AS r WHERE r.rolname = ANY ($2::name[])
  AND has_sequence_privilege(r.oid, c.oid, 'USAGE, UPDATE') ORDER BY 1) AS usable_by
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1::name[]) AND c.relkind = 'S' AND NOT EXISTS (SELECT FROM pg_depend AS d
  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'i')
ORDER BY n.nspname, c.relname

-- name: triggers
-- Triggers whose function runs with its owner's rights, and those on tables elsewhere.
SELECT n.nspname AS schema, c.relname AS table, t.tgname AS name, p.oid::regprocedure::text AS function, p.prosecdef AS security_definer
FROM pg_trigger AS t JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_proc AS p ON p.oid = t.tgfoid
WHERE n.nspname = ANY ($1::name[]) AND NOT t.tgisinternal ORDER BY n.nspname, c.relname, t.tgname

-- name: default_privileges
SELECT pg_get_userbyid(d.defaclrole) AS role, d.defaclnamespace::regnamespace::text AS schema, d.defaclobjtype AS kind
FROM pg_default_acl AS d ORDER BY 1, 2, 3

-- name: extensions
SELECT e.extname AS name, n.nspname AS schema FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
WHERE e.extname <> 'plpgsql' ORDER BY e.extname

-- name: database_settings
SELECT u AS setting FROM pg_db_role_setting AS s, unnest(s.setconfig) AS u
WHERE s.setrole = 0 AND s.setdatabase = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY u
