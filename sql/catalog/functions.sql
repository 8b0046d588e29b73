SELECT n.nspname AS schema, p.proname AS name, p.oid::regprocedure::text AS signature, pg_get_userbyid(p.proowner) AS owner,
  ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY AS a(t, position) ORDER BY position) AS arguments,
  p.prosecdef AS security_definer,
  EXISTS (SELECT FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search\_path=%') AS search_path_set,
  EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e') AS extension,
  CASE WHEN p.prokind IN ('f', 'p') THEN pg_get_functiondef(p.oid) ELSE '' END AS definition,
  coalesce(obj_description(p.oid, 'pg_proc'), '') AS comment,
  coalesce((
    SELECT json_agg(json_build_object('grantee', coalesce(r.rolname, 'public'), 'privilege', a.privilege_type, 'grantable', a.is_grantable))
    FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a LEFT JOIN pg_roles AS r ON r.oid = a.grantee
    WHERE a.grantee <> p.proowner), '[]') AS grants
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname = ANY ($1)
ORDER BY n.nspname, signature
