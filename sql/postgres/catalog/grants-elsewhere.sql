-- What roles were granted outside of the managed schemas and the database itself: other schemas and what is in them, large
-- objects, foreign servers, settings, tablespaces. The owner may need what migrations build on, such as tables of other schemas.
SELECT pg_get_userbyid(s.refobjid) AS role, pg_describe_object(s.classid, s.objid, 0) AS object,
  i.type AS kind, i.schema, i.identity,
  s.classid IN ('pg_proc'::regclass, 'pg_type'::regclass)
    OR (s.classid = 'pg_namespace'::regclass AND NOT has_schema_privilege(s.refobjid, s.objid, 'CREATE')) AS usage_only
FROM pg_shdepend AS s CROSS JOIN LATERAL pg_identify_object(s.classid, s.objid, 0) AS i
WHERE s.refclassid = 'pg_authid'::regclass AND s.deptype = 'a' AND s.classid <> 'pg_database'::regclass
  AND s.dbid IN (0, (SELECT oid FROM here))
  AND s.refobjid = ANY (ARRAY(SELECT oid FROM requesting))
  AND CASE s.classid
    WHEN 'pg_class'::regclass THEN s.objid NOT IN (SELECT oid FROM contained)
    WHEN 'pg_proc'::regclass THEN NOT EXISTS (SELECT FROM managed WHERE oid = (SELECT pronamespace FROM pg_proc AS o WHERE o.oid = s.objid))
    WHEN 'pg_type'::regclass THEN NOT EXISTS (SELECT FROM managed WHERE oid = (SELECT typnamespace FROM pg_type AS o WHERE o.oid = s.objid))
    WHEN 'pg_default_acl'::regclass THEN NOT EXISTS (SELECT FROM managed WHERE oid = (SELECT defaclnamespace FROM pg_default_acl AS o WHERE o.oid = s.objid))
    WHEN 'pg_namespace'::regclass THEN s.objid NOT IN (SELECT oid FROM managed)
    ELSE true END
GROUP BY 1, 2, 3, 4, 5, 6
ORDER BY 1, 2
