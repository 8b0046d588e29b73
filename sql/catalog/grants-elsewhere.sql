-- What roles ($2) were granted outside of the managed schemas ($1) and the database itself: other schemas and what is in
-- them, large objects, foreign servers, settings, tablespaces.
SELECT r.rolname AS role, pg_describe_object(s.classid, s.objid, 0) AS object,
  s.classid IN ('pg_proc'::regclass, 'pg_type'::regclass)
    OR (s.classid = 'pg_namespace'::regclass AND NOT has_schema_privilege(r.oid, s.objid, 'CREATE')) AS usage_only
FROM pg_shdepend AS s JOIN pg_roles AS r ON r.oid = s.refobjid
LEFT JOIN pg_class AS c ON s.classid = 'pg_class'::regclass AND c.oid = s.objid
LEFT JOIN pg_proc AS p ON s.classid = 'pg_proc'::regclass AND p.oid = s.objid
LEFT JOIN pg_type AS t ON s.classid = 'pg_type'::regclass AND t.oid = s.objid
LEFT JOIN pg_default_acl AS d ON s.classid = 'pg_default_acl'::regclass AND d.oid = s.objid
LEFT JOIN pg_namespace AS n ON n.oid =
  coalesce(c.relnamespace, p.pronamespace, t.typnamespace, d.defaclnamespace, CASE s.classid WHEN 'pg_namespace'::regclass THEN s.objid END)
WHERE s.refclassid = 'pg_authid'::regclass AND s.deptype = 'a' AND s.classid <> 'pg_database'::regclass
  AND s.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
  AND r.rolname = ANY ($2) AND coalesce(n.nspname <> ALL ($1), true)
GROUP BY 1, 2, 3
ORDER BY 1, 2
