-- Objects that decide about access, and their dependencies: compared before and after a migration that commits early.

-- name: read_written
-- A transaction that changes rows keeps this lock until its end.
SELECT 'relation ' || l.relation AS key FROM pg_locks AS l
WHERE l.pid = pg_backend_pid() AND l.locktype = 'relation' AND l.mode = 'RowExclusiveLock'

-- name: read_reach
-- $1 are the schemas of Postgres itself, which no migration changes; $2 is the owner of the managed schemas, of whom no
-- extension's script makes anything. `content` must not change, `parts` may gain entries. Postgres does not record the
-- names in a function's body unless it is parsed SQL. `body` is that text, and `path` the function's own search path.
WITH
  spaces AS (SELECT * FROM pg_namespace WHERE nspname <> ALL ($1::name[]) AND nspname !~ '^pg_(toast|temp)'),
  relations AS (
    SELECT c.*, n.nspname FROM pg_class AS c JOIN spaces AS n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S', 'c')
  ),
  routines AS (SELECT p.*, n.nspname, l.lanname FROM pg_proc AS p JOIN spaces AS n ON n.oid = p.pronamespace JOIN pg_language AS l ON l.oid = p.prolang),
  types AS (SELECT t.*, n.nspname FROM pg_type AS t JOIN spaces AS n ON n.oid = t.typnamespace),
  operators AS (SELECT o.*, n.nspname FROM pg_operator AS o JOIN spaces AS n ON n.oid = o.oprnamespace),
  casts AS (SELECT * FROM pg_cast WHERE oid >= 16384),
  -- Maps an entry of a catalog to the object that it is a part of.
  members AS (
    SELECT 'pg_class'::regclass AS class, oid AS entry, 'relation ' || oid AS key FROM relations
    UNION ALL SELECT 'pg_proc'::regclass, oid, 'function ' || oid FROM routines
    UNION ALL SELECT 'pg_operator'::regclass, oid, 'operator ' || oid FROM operators
    UNION ALL SELECT 'pg_cast'::regclass, oid, 'cast ' || oid FROM casts
    UNION ALL SELECT 'pg_type'::regclass, t.oid, CASE WHEN t.typrelid <> 0 THEN 'relation ' || t.typrelid
        WHEN e.typrelid <> 0 THEN 'relation ' || e.typrelid ELSE 'type ' || coalesce(e.oid, t.oid) END
      FROM types AS t LEFT JOIN types AS e ON e.oid = t.typelem AND e.typarray = t.oid
    UNION ALL SELECT 'pg_policy'::regclass, oid, 'relation ' || polrelid FROM pg_policy
    UNION ALL SELECT 'pg_trigger'::regclass, oid, 'relation ' || tgrelid FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'pg_rewrite'::regclass, oid, 'relation ' || ev_class FROM pg_rewrite WHERE ev_class >= 16384
    UNION ALL SELECT 'pg_attrdef'::regclass, oid, 'relation ' || adrelid FROM pg_attrdef
    UNION ALL SELECT 'pg_constraint'::regclass, oid, CASE conrelid WHEN 0 THEN 'type ' || contypid ELSE 'relation ' || conrelid END
      FROM pg_constraint WHERE contype NOT IN ('f', 't') AND connamespace IN (SELECT oid FROM spaces)
  ),
  edges AS (
    SELECT d.key, r.key AS depends_on
    FROM pg_depend AS p JOIN members AS d ON d.class = p.classid AND d.entry = p.objid JOIN members AS r ON r.class = p.refclassid AND r.entry = p.refobjid
    -- A write to a table is also one to its children.
    UNION SELECT 'relation ' || inhparent, 'relation ' || inhrelid FROM pg_inherits
  ),
  extended AS (
    SELECT DISTINCT m.key FROM pg_depend AS d JOIN members AS m ON m.class = d.classid AND m.entry = d.objid
    WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'
      AND NOT EXISTS (SELECT FROM relations AS c WHERE d.classid = 'pg_class'::regclass AND c.oid = d.objid AND pg_get_userbyid(c.relowner) = $2)
      AND NOT EXISTS (SELECT FROM routines AS p WHERE d.classid = 'pg_proc'::regclass AND p.oid = d.objid AND pg_get_userbyid(p.proowner) = $2)
      AND NOT EXISTS (SELECT FROM types AS t WHERE d.classid = 'pg_type'::regclass AND t.oid = d.objid AND pg_get_userbyid(t.typowner) = $2)
  ),
  dependencies AS (SELECT key, json_agg(depends_on) AS depends_on FROM edges WHERE key <> depends_on GROUP BY key),
  found AS (
    SELECT 'relation ' || c.oid AS key, 'relation' AS kind, c.nspname AS schema, c.relname AS name, '' AS signature, NULL AS body, NULL::text[] AS path,
      json_build_array(c.nspname, c.relname, c.relkind, c.relowner, c.relrowsecurity, c.relforcerowsecurity, c.relacl::text,
        CASE WHEN c.relkind = 'v' THEN c.reloptions END,
        (SELECT json_agg(to_jsonb(p) - 'oid' ORDER BY p.polname) FROM pg_policy AS p WHERE p.polrelid = c.oid),
        (SELECT json_agg(json_build_array(t.tgname, t.tgfoid, t.tgtype, t.tgenabled, t.tgattr, t.tgargs, t.tgqual) ORDER BY t.tgname)
          FROM pg_trigger AS t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal),
        (SELECT json_agg(json_build_array(r.rulename, r.ev_type, r.ev_enabled, r.is_instead, r.ev_qual, r.ev_action) ORDER BY r.rulename)
          FROM pg_rewrite AS r WHERE r.ev_class = c.oid),
        (SELECT json_agg(i.inhrelid ORDER BY i.inhrelid) FROM pg_inherits AS i WHERE i.inhparent = c.oid),
        -- These change rows of other tables without their policies.
        (SELECT json_agg(json_build_array(k.conrelid, k.conkey, k.confupdtype, k.confdeltype) ORDER BY k.oid)
          FROM pg_constraint AS k WHERE k.confrelid = c.oid AND (k.confupdtype NOT IN ('a', 'r') OR k.confdeltype NOT IN ('a', 'r')))
      )::text AS content,
      (SELECT json_agg(part) FROM (
        SELECT concat_ws(' ', 'column', a.attnum, md5(row(a.attname, a.atttypid, a.atttypmod, a.attgenerated, a.attidentity, a.attcollation, a.attacl,
            (SELECT v.adbin FROM pg_attrdef AS v WHERE v.adrelid = a.attrelid AND v.adnum = a.attnum))::text)) AS part
          FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        UNION ALL SELECT 'not null ' || a.attnum FROM pg_attribute AS a WHERE a.attrelid = c.oid AND a.attnum > 0 AND a.attnotnull AND NOT a.attisdropped
        UNION ALL SELECT concat_ws(' ', 'constraint', k.contype, k.conkey, k.confrelid, k.confkey, md5(k.conbin::text))
          FROM pg_constraint AS k WHERE k.conrelid = c.oid AND k.contype IN ('c', 'f', 'u', 'p', 'x')
      ) AS of_relation) AS parts
    FROM relations AS c
    UNION ALL SELECT 'function ' || p.oid, 'function', p.nspname, p.proname, p.oid::regprocedure::text,
      CASE WHEN p.prosqlbody IS NULL AND p.lanname NOT IN ('c', 'internal') THEN
        CASE WHEN p.lanname IN ('sql', 'plpgsql') THEN p.prosrc ELSE 'EXECUTE' END END,
      (SELECT array_agg(btrim(path, ' "''')) FROM unnest(p.proconfig) AS setting, unnest(string_to_array(substr(setting, 13), ',')) AS path
        WHERE setting LIKE 'search\_path=%'),
      ((to_jsonb(p) - 'oid'))::text, NULL
    FROM routines AS p
    UNION ALL SELECT 'type ' || t.oid, 'type', t.nspname, t.typname, '', NULL, NULL,
      json_build_array(t.nspname, t.typname, t.typowner, t.typbasetype, t.typtypmod, t.typdefaultbin, t.typinput, t.typoutput)::text,
      (SELECT json_agg(part) FROM (
        SELECT concat_ws(' ', 'label', e.oid, e.enumlabel, e.enumsortorder) AS part FROM pg_enum AS e WHERE e.enumtypid = t.oid
        UNION ALL SELECT 'constraint ' || md5(k.conbin::text) FROM pg_constraint AS k WHERE k.contypid = t.oid AND k.contype = 'c'
        UNION ALL SELECT 'not null' WHERE t.typnotnull
      ) AS of_type)
    FROM types AS t WHERE t.typrelid = 0 AND NOT EXISTS (SELECT FROM types AS e WHERE e.oid = t.typelem AND e.typarray = t.oid)
    UNION ALL SELECT 'operator ' || o.oid, 'operator', o.nspname, o.oprname, '', NULL, NULL, ((to_jsonb(o) - 'oid'))::text, NULL FROM operators AS o
    UNION ALL SELECT 'cast ' || k.oid, 'cast', '', '', '', NULL, NULL, ((to_jsonb(k) - 'oid'))::text, NULL FROM casts AS k
    UNION ALL SELECT 'schema ' || n.oid, 'schema', n.nspname, n.nspname, '', NULL, NULL, json_build_array(n.nspname, n.nspowner, n.nspacl::text)::text, NULL
    FROM spaces AS n
  )
SELECT f.key, f.kind, f.schema, f.name, f.signature, f.body, f.path, e.key IS NOT NULL AS extension, md5(f.content) AS content,
  coalesce(f.parts, '[]') AS parts, coalesce(r.depends_on, '[]') AS depends_on
FROM found AS f LEFT JOIN dependencies AS r USING (key) LEFT JOIN extended AS e USING (key)
