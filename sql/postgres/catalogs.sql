-- The query that reads the catalogs of a database.

-- name: read_catalogs
-- Shared parts of the queries in `sql/postgres/catalog/`: the managed schemas ($1) and the relations in them, the declared roles ($2), of
-- which one ($3) owns what is in the schemas, the second login ($4), the tables of the package itself ($5, $6), what belongs
-- to extensions, and the database. What no query uses is parsed, but not run.
WITH RECURSIVE
  managed AS (SELECT oid, nspname AS name FROM pg_namespace WHERE nspname = ANY ($1::name[])),
  contained AS (
    SELECT c.oid, n.name AS schema, c.relname AS name, c.relkind AS kind, c.relowner, c.relrowsecurity, c.relforcerowsecurity,
      c.reloptions, c.relacl
    FROM pg_class AS c JOIN managed AS n ON n.oid = c.relnamespace
    WHERE c.relnamespace = ANY (ARRAY(SELECT oid FROM managed)) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
  ),
  declared AS (SELECT oid, rolname AS name, rolname = $3::name AS owns FROM pg_roles WHERE rolname = ANY ($2::name[])),
  -- Whom requests come as.
  requesting AS (
    SELECT oid FROM declared WHERE NOT owns
    UNION SELECT oid FROM pg_roles WHERE rolname = $4::name
  ),
  own AS (
    SELECT c.oid, n.nspname AS schema, c.relname AS name
    FROM unnest($5::name[], $6::name[]) AS o(schema, name)
    JOIN pg_namespace AS n ON n.nspname = o.schema JOIN pg_class AS c ON c.relnamespace = n.oid AND c.relname = o.name
  ),
  -- Objects of the managed schemas' owner are never an extension's: scripts run as a superuser, and ALTER EXTENSION adds all.
  owned AS (
    SELECT 'pg_class'::regclass::oid AS class, o.oid FROM pg_class AS o JOIN declared AS d ON d.owns AND d.oid = o.relowner
    UNION ALL SELECT 'pg_proc'::regclass, o.oid FROM pg_proc AS o JOIN declared AS d ON d.owns AND d.oid = o.proowner
    UNION ALL SELECT 'pg_type'::regclass, o.oid FROM pg_type AS o JOIN declared AS d ON d.owns AND d.oid = o.typowner
    UNION ALL SELECT 'pg_namespace'::regclass, o.oid FROM pg_namespace AS o JOIN declared AS d ON d.owns AND d.oid = o.nspowner
    UNION ALL SELECT 'pg_operator'::regclass, o.oid FROM pg_operator AS o JOIN declared AS d ON d.owns AND d.oid = o.oprowner
  ),
  extended AS (
    SELECT classid AS class, objid AS oid, refobjid AS extension FROM pg_depend AS p WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
      AND NOT EXISTS (SELECT FROM owned AS o WHERE o.class = p.classid AND o.oid = p.objid)
  ),
  -- Functions that Postgres makes with a type, such as a range's constructors.
  generated AS (
    SELECT objid AS oid FROM pg_depend WHERE classid = 'pg_proc'::regclass AND refclassid = 'pg_type'::regclass AND deptype = 'i'
  ),
  here AS (SELECT oid FROM pg_database WHERE datname = current_database())
  :{outward}
SELECT :{catalogs}
-- name: read_outward
-- Further shared parts of the audit's queries: the objects that requests reach from the managed schemas.
, -- Other schemas in which requests find objects by name.
  usable AS (
    SELECT n.oid FROM pg_namespace AS n
    WHERE n.oid NOT IN (SELECT oid FROM managed)
      AND EXISTS (SELECT FROM requesting AS r WHERE has_schema_privilege(r.oid, n.oid, 'USAGE'))
  ),
  -- Grants to PUBLIC elsewhere, beyond those of initdb and extension scripts (pg_init_privs) and the built-in defaults.
  public_grants AS (
    SELECT h.class, h.oid, h.part, h.namespace, a.privilege_type AS privilege
    FROM (
      SELECT 'pg_class'::regclass, oid, 0, relnamespace, relacl, NULL::aclitem[] FROM pg_class WHERE relacl IS NOT NULL
        -- initdb makes these after it has noted what it grants; they show what the one who asks may see.
        AND NOT (relnamespace = 'information_schema'::regnamespace AND oid < 16384)
      UNION ALL SELECT 'pg_class'::regclass, c.oid, a.attnum, c.relnamespace, a.attacl, NULL
        FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = a.attrelid WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
      UNION ALL SELECT 'pg_proc'::regclass, oid, 0, pronamespace, proacl, acldefault('f', proowner) FROM pg_proc WHERE proacl IS NOT NULL
      UNION ALL SELECT 'pg_namespace'::regclass, oid, 0, NULL, nspacl, ARRAY[makeaclitem(0, nspowner, 'USAGE', false)] FROM pg_namespace
      UNION ALL SELECT 'pg_foreign_server'::regclass, oid, 0, NULL, srvacl, NULL FROM pg_foreign_server
      UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, 0, NULL, fdwacl, NULL FROM pg_foreign_data_wrapper
      UNION ALL SELECT 'pg_parameter_acl'::regclass, oid, 0, NULL, paracl, NULL FROM pg_parameter_acl
        -- Others may be set by everybody anyway.
        WHERE parname IN (SELECT name FROM pg_settings WHERE context <> 'user')
      UNION ALL SELECT 'pg_largeobject'::regclass, oid, 0, NULL, lomacl, NULL FROM pg_largeobject_metadata
    ) AS h(class, oid, part, namespace, acl, preset)
    LEFT JOIN pg_init_privs AS i ON i.classoid = h.class AND i.objoid = h.oid AND i.objsubid = h.part
      AND NOT EXISTS (SELECT FROM owned AS o WHERE o.class = h.class AND o.oid = h.oid)
    CROSS JOIN LATERAL aclexplode(h.acl) AS a
    WHERE a.grantee = 0 AND coalesce(h.namespace, CASE h.class WHEN 'pg_namespace'::regclass THEN h.oid END, 0) NOT IN (SELECT oid FROM managed)
      AND NOT EXISTS (
        SELECT FROM aclexplode(coalesce(i.initprivs, h.preset)) AS e WHERE e.grantee = 0 AND e.privilege_type = a.privilege_type)
  ),
  -- Functions elsewhere that requests may call, and that do more than the one who calls may.
  privileged_functions AS (
    SELECT p.oid, p.pronamespace AS namespace, p.proowner AS owner, p.prosecdef AS definer,
      ARRAY(SELECT s FROM unnest(p.proconfig) AS s WHERE s ~ '^(role|session_authorization|session_replication_role|row_security|lo_compat_privileges|request\.[^=]*)=') AS settings,
      NOT l.lanpltrusted AND p.oid >= 16384 AND p.prokind <> 'a' AND p.oid NOT IN (SELECT oid FROM generated) AS untrusted,
      EXISTS (SELECT FROM extended AS e WHERE e.class = 'pg_proc'::regclass AND e.oid = p.oid) AS extension
    FROM pg_proc AS p JOIN pg_language AS l ON l.oid = p.prolang
    WHERE p.pronamespace <> ALL (ARRAY(SELECT oid FROM managed))
      -- Below are initdb's own (transam.h, FirstNormalObjectId), none of which is SECURITY DEFINER.
      AND (p.prosecdef OR p.proconfig IS NOT NULL OR NOT l.lanpltrusted AND p.oid >= 16384)
      AND EXISTS (SELECT FROM requesting AS r WHERE has_function_privilege(r.oid, p.oid, 'EXECUTE'))
  ),
  -- From these outward to whatever rests on them: a dependency leads from an object to what uses it, and from a part (a
  -- view's rule, a default, a constraint, a trigger, a policy, an index) to the object that it is a part of.
  resting AS (
    SELECT 'pg_proc'::regclass::oid AS class, oid, 'pg_proc'::regclass::oid AS on_class, oid AS on_oid FROM privileged_functions
    UNION
    SELECT class, oid, class, oid FROM public_grants WHERE class = 'pg_class'::regclass
    UNION
    SELECT n.class, n.oid, r.on_class, r.on_oid
    FROM resting AS r CROSS JOIN LATERAL (
      SELECT d.classid AS class, d.objid AS oid FROM pg_depend AS d
      WHERE d.refclassid = r.class AND d.refobjid = r.oid AND d.deptype IN ('n', 'a', 'i') AND d.classid <> 'pg_extension'::regclass
        -- Neither a foreign key, nor a table's own row type, index, sequence or child reads the table for the one who asks.
        AND NOT (d.refclassid = 'pg_class'::regclass AND d.classid IN ('pg_constraint'::regclass, 'pg_type'::regclass, 'pg_class'::regclass))
      UNION ALL
      SELECT d.refclassid, d.refobjid FROM pg_depend AS d
      WHERE d.classid = r.class AND d.objid = r.oid AND (
        d.deptype IN ('a', 'i') AND r.class IN ('pg_rewrite'::regclass, 'pg_attrdef'::regclass, 'pg_constraint'::regclass,
          'pg_trigger'::regclass, 'pg_policy'::regclass, 'pg_class'::regclass)
        OR r.class = 'pg_cast'::regclass AND d.refclassid = 'pg_type'::regclass)
    ) AS n
  ),
  -- Those of them that requests reach: managed objects, and types elsewhere, to which a request may cast.
  reached AS (
    SELECT DISTINCT r.on_class, r.on_oid, r.class, r.oid FROM resting AS r
    WHERE (r.class, r.oid) <> (r.on_class, r.on_oid) AND CASE r.class
      WHEN 'pg_class'::regclass THEN r.oid IN (SELECT oid FROM contained)
      WHEN 'pg_proc'::regclass THEN (SELECT pronamespace FROM pg_proc AS o WHERE o.oid = r.oid) IN (SELECT oid FROM managed)
      WHEN 'pg_type'::regclass THEN (SELECT typnamespace FROM pg_type AS o WHERE o.oid = r.oid) IN (SELECT oid FROM managed UNION SELECT oid FROM usable)
      ELSE false END
  )
-- name: catalog
(SELECT coalesce(json_agg(found), '[]') FROM (
:{query}
) AS found) AS :"name"
