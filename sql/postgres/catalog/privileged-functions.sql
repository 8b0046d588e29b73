-- Functions elsewhere that run with other rights than the caller's, and from where requests reach them.
SELECT (SELECT nspname FROM pg_namespace WHERE oid = p.namespace) AS schema,
  (SELECT proname FROM pg_proc WHERE oid = p.oid) AS name, p.oid::regprocedure::text AS function,
  pg_get_userbyid(p.owner) AS owner, p.definer, p.settings, p.untrusted, p.extension,
  p.namespace IN (SELECT oid FROM usable) AS found_by_name,
  ARRAY(SELECT pg_describe_object(r.class, r.oid, 0) FROM reached AS r
    WHERE r.on_class = 'pg_proc'::regclass AND r.on_oid = p.oid ORDER BY 1) AS used_by
FROM privileged_functions AS p
WHERE p.definer OR p.settings <> '{}' OR p.untrusted AND NOT p.extension
ORDER BY 3
