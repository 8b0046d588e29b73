-- What a statement runs beside the tables that it names: functions, and sequences that it draws from. From a relation, a
-- function or a type to a function, a sequence, another relation or a type. `commands` are those that need it, `roles` those
-- whom a policy binds, `column` the one that a statement has to name. Postgres' own objects are left out
-- (transam.h, FirstNormalObjectId).
SELECT e.kind, f.schema, f.name, e.commands,
  CASE WHEN 0 <> ALL (e.roles) THEN ARRAY(SELECT rolname FROM pg_roles WHERE oid = ANY (e.roles) ORDER BY 1) END AS roles, e.column,
  e.needs, n.schema AS needs_schema, n.name AS needs_name, e.representation, e.certain
FROM (
  WITH
    parts AS (
      -- Defaults, generated columns.
      SELECT d.adrelid AS relation, 'pg_attrdef'::regclass AS class, d.oid,
        CASE a.attgenerated WHEN '' THEN '{insert}' WHEN 's' THEN '{insert,update}' ELSE '{select,insert,update,delete}' END::text[] AS commands,
        NULL::oid[] AS roles, 0::oid AS trigger, NULL::name AS column
      FROM pg_attrdef AS d JOIN pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
      -- An update with `Prefer: missing=default` sets the named columns to their defaults.
      UNION ALL SELECT d.adrelid, 'pg_attrdef'::regclass, d.oid, '{update}', NULL, 0, a.attname
        FROM pg_attrdef AS d JOIN pg_attribute AS a ON a.attrelid = d.adrelid AND a.attnum = d.adnum WHERE a.attgenerated = ''
      UNION ALL SELECT conrelid, 'pg_constraint'::regclass, oid, '{insert,update}', NULL, 0, NULL FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0
      UNION ALL SELECT indrelid, 'pg_class'::regclass, indexrelid, '{insert,update}', NULL, 0, NULL FROM pg_index
        WHERE indexprs IS NOT NULL OR indpred IS NOT NULL
      UNION ALL SELECT tgrelid, 'pg_trigger'::regclass, oid, ARRAY(SELECT command FROM
          (VALUES (4, 'insert'), (8, 'delete'), (16, 'update')) AS t(bit, command) WHERE tgtype & bit <> 0), NULL, tgfoid, NULL
        FROM pg_trigger WHERE NOT tgisinternal
      UNION ALL SELECT polrelid, 'pg_policy'::regclass, oid, CASE polcmd WHEN 'r' THEN '{select}' WHEN 'a' THEN '{insert}'
          WHEN 'w' THEN '{update}' WHEN 'd' THEN '{delete}' ELSE '{select,insert,update,delete}' END::text[], polroles, 0, NULL FROM pg_policy
      UNION ALL SELECT ev_class, 'pg_rewrite'::regclass, oid, '{select,insert,update,delete}', NULL, 0, NULL FROM pg_rewrite WHERE ev_type = '1'
    ),
    -- A write to a partitioned table runs what its partitions have.
    of_relations AS (
      SELECT p.*, c.oid AS served FROM parts AS p JOIN contained AS c ON c.oid = p.relation
      UNION ALL SELECT p.*, a.relid FROM parts AS p JOIN pg_class AS c ON c.oid = p.relation AND c.relispartition
        CROSS JOIN LATERAL pg_partition_ancestors(c.oid) AS a
        WHERE a.relid <> c.oid AND p.class IN ('pg_constraint'::regclass, 'pg_class'::regclass, 'pg_trigger'::regclass)
    ),
    -- Read once: without statistics, Postgres would read it for each dependency.
    of_types AS MATERIALIZED (
      SELECT t.oid AS type, 'pg_type'::regclass AS class, t.oid AS entry, '{insert}'::text[] AS commands FROM pg_type AS t WHERE t.typtype = 'd'
      UNION ALL SELECT contypid, 'pg_constraint'::regclass, oid, '{insert,update}' FROM pg_constraint WHERE contypid <> 0
    ),
    used AS (
      SELECT 'relation' AS kind, 'pg_class'::regclass AS class, p.served AS oid, p.commands, p.roles, p.column, d.refclassid, d.refobjid,
        d.refclassid = 'pg_proc'::regclass AND d.refobjid = p.trigger AS fires
      FROM of_relations AS p JOIN pg_depend AS d ON d.classid = p.class AND d.objid = p.oid
      WHERE d.refobjid >= 16384 AND d.refobjid NOT IN (p.served, p.relation)
      UNION ALL SELECT 'type', 'pg_type', t.type, t.commands, NULL, NULL, d.refclassid, d.refobjid, false
      FROM of_types AS t JOIN pg_depend AS d ON d.classid = t.class AND d.objid = t.entry
      WHERE d.refobjid >= 16384 AND d.refobjid <> t.type AND d.refclassid IN ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_class'::regclass)
      UNION ALL SELECT 'function', 'pg_proc', p.oid, NULL, NULL, NULL, d.refclassid, d.refobjid, false
      FROM pg_proc AS p JOIN pg_depend AS d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid
      WHERE p.pronamespace = ANY (ARRAY(SELECT oid FROM managed)) AND d.refobjid >= 16384
    ),
    -- What comes with a type: operators are for the filters of requests, and casts also for what they write and show.
    of_values AS (
      SELECT t.oid AS type, o.oprcode AS function, '{select}'::text[] AS commands, false AS representation
      FROM pg_operator AS o CROSS JOIN LATERAL (SELECT oprleft UNION SELECT oprright) AS t(oid) WHERE t.oid >= 16384
      UNION ALL SELECT t.oid, k.castfunc, NULL, k.castcontext = 'i' AND t.oid IN (SELECT oid FROM pg_type WHERE typtype = 'd')
      FROM pg_cast AS k CROSS JOIN LATERAL (VALUES (k.castsource), (k.casttarget)) AS t(oid) WHERE t.oid >= 16384 AND k.castfunc >= 16384
      UNION ALL SELECT t.oid, p.oid, '{select}', false FROM pg_proc AS p CROSS JOIN LATERAL unnest(p.proargtypes) AS t(oid)
      WHERE p.prokind = 'a' AND p.oid >= 16384 AND t.oid >= 16384
    )
  SELECT kind, class, oid, commands, roles, "column", CASE WHEN fires THEN 'trigger' ELSE 'function' END AS needs,
    'pg_proc'::regclass AS needs_class, refobjid AS needs_oid, false AS representation, "column" IS NULL AS certain
  FROM used WHERE refclassid = 'pg_proc'::regclass
  UNION SELECT u.kind, u.class, u.oid, u.commands, u.roles, u.column, 'function', 'pg_proc', o.oprcode, false, u.column IS NULL
  FROM used AS u JOIN pg_operator AS o ON u.refclassid = 'pg_operator'::regclass AND o.oid = u.refobjid
  UNION SELECT u.kind, u.class, u.oid, u.commands, u.roles, u.column, CASE c.relkind WHEN 'S' THEN 'sequence' ELSE 'relation' END, 'pg_class', c.oid, false, u.column IS NULL
  FROM used AS u JOIN pg_class AS c ON u.refclassid = 'pg_class'::regclass AND c.oid = u.refobjid
  WHERE c.relkind IN ('S', 'r', 'p', 'v', 'm', 'f')
  UNION SELECT u.kind, u.class, u.oid, u.commands, u.roles, NULL, 'type', 'pg_type', u.refobjid, false, true
  FROM used AS u WHERE u.refclassid = 'pg_type'::regclass AND u.kind = 'function'
  -- `Prefer: missing=default` names the sequence of an identity column.
  UNION SELECT 'relation', 'pg_class', a.attrelid, '{insert,update}', NULL, a.attname, 'sequence', 'pg_class', d.objid, false, false
  FROM pg_attribute AS a JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = a.attrelid
    AND d.refobjsubid = a.attnum AND d.classid = 'pg_class'::regclass AND d.deptype = 'i'
  WHERE a.attidentity = 'd' AND a.attrelid = ANY (ARRAY(SELECT oid FROM contained))
  UNION SELECT 'relation', 'pg_class', a.attrelid, '{select,insert,update}', NULL, a.attname, 'type', 'pg_type', a.atttypid, false, true
  FROM pg_attribute AS a WHERE a.attnum > 0 AND a.atttypid >= 16384 AND a.attrelid = ANY (ARRAY(SELECT oid FROM contained))
  -- Postgres checks the domains of all columns of a new row.
  UNION SELECT 'relation', 'pg_class', a.attrelid, '{insert}', NULL, NULL, 'type', 'pg_type', a.atttypid, false, true
  FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid AND t.typtype = 'd'
  WHERE a.attnum > 0 AND a.atttypid >= 16384 AND a.attrelid = ANY (ARRAY(SELECT oid FROM contained))
  UNION SELECT 'type', 'pg_type', t.oid, NULL, NULL, NULL, 'type', 'pg_type', b.oid, false, true
  FROM pg_type AS t CROSS JOIN LATERAL (VALUES (t.typbasetype), (CASE WHEN t.typcategory = 'A' THEN t.typelem ELSE 0 END)) AS e(oid)
  JOIN pg_type AS b ON b.oid = e.oid
  WHERE t.oid >= 16384 AND e.oid >= 16384 AND b.typtype <> 'c'
  UNION SELECT 'type', 'pg_type', v.type, v.commands, NULL, NULL, 'function', 'pg_proc', v.function, v.representation, false
  FROM of_values AS v JOIN pg_proc AS p ON p.oid = v.function WHERE p.pronamespace IN (SELECT oid FROM managed)
) AS e
CROSS JOIN LATERAL (
  SELECT s.nspname AS schema, c.relname AS name FROM pg_class AS c JOIN pg_namespace AS s ON s.oid = c.relnamespace WHERE e.kind = 'relation' AND c.oid = e.oid
  UNION ALL SELECT '', CASE e.kind WHEN 'function' THEN e.oid::regprocedure::text ELSE e.oid::regtype::text END WHERE e.kind <> 'relation') AS f
CROSS JOIN LATERAL (
  SELECT s.nspname AS schema, c.relname AS name FROM pg_class AS c JOIN pg_namespace AS s ON s.oid = c.relnamespace
  WHERE e.needs_class = 'pg_class'::regclass AND c.oid = e.needs_oid
  UNION ALL SELECT '', CASE e.needs WHEN 'type' THEN e.needs_oid::regtype::text ELSE e.needs_oid::regprocedure::text END
  WHERE e.needs_class <> 'pg_class'::regclass) AS n
ORDER BY 1, 2, 3, 7, 8, 9
