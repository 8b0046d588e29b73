-- What roles ($2) were granted outside of the managed schemas ($1) and the database itself: other schemas and what is in
-- them, large objects, foreign servers, settings, tablespaces.
WITH managed AS MATERIALIZED (SELECT oid FROM pg_namespace WHERE nspname = ANY ($1))
SELECT pg_get_userbyid(s.refobjid) AS role, pg_describe_object(s.classid, s.objid, 0) AS object,
  s.classid IN ('pg_proc'::regclass, 'pg_type'::regclass)
    OR (s.classid = 'pg_namespace'::regclass AND NOT has_schema_privilege(s.refobjid, s.objid, 'CREATE')) AS usage_only
FROM pg_shdepend AS s
WHERE s.refclassid = 'pg_authid'::regclass AND s.deptype = 'a' AND s.classid <> 'pg_database'::regclass
  AND s.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
  AND s.refobjid = ANY (ARRAY(SELECT oid FROM pg_roles WHERE rolname = ANY ($2)))
  AND CASE s.classid
    WHEN 'pg_class'::regclass THEN s.objid NOT IN (SELECT oid FROM pg_class WHERE relnamespace IN (SELECT oid FROM managed))
    WHEN 'pg_proc'::regclass THEN s.objid NOT IN (SELECT oid FROM pg_proc WHERE pronamespace IN (SELECT oid FROM managed))
    WHEN 'pg_type'::regclass THEN s.objid NOT IN (SELECT oid FROM pg_type WHERE typnamespace IN (SELECT oid FROM managed))
    WHEN 'pg_default_acl'::regclass THEN s.objid NOT IN (SELECT oid FROM pg_default_acl WHERE defaclnamespace IN (SELECT oid FROM managed))
    WHEN 'pg_namespace'::regclass THEN s.objid NOT IN (SELECT oid FROM managed)
    ELSE true END
GROUP BY 1, 2, 3
ORDER BY 1, 2
