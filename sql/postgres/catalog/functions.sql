SELECT n.name AS schema, p.proname AS name, p.oid::regprocedure::text AS signature, pg_get_userbyid(p.proowner) AS owner,
  ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY AS a(t, position) ORDER BY position) AS arguments,
  p.prosecdef AS security_definer,
  EXISTS (SELECT FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search\_path=%') AS search_path_set,
  ARRAY(SELECT setting FROM unnest(p.proconfig) AS setting) AS settings, p.proleakproof AS leakproof,
  p.prokind = 'a' OR p.oid IN (SELECT oid FROM generated) OR (SELECT lanpltrusted FROM pg_language WHERE oid = p.prolang) AS trusted,
  p.prosqlbody IS NULL AS body_is_text,
  x.extname AS extension,
  -- Those of a type belong to a superuser as well.
  (x.oid IS NOT NULL OR p.oid IN (SELECT oid FROM generated)) AND NOT pg_has_role(current_user, p.proowner, 'USAGE') AS fixed,
  -- Scripts of extensions leave it to PUBLIC, unless they have other initial privileges.
  x.oid IS NOT NULL AND NOT EXISTS (SELECT FROM pg_init_privs AS i WHERE i.classoid = 'pg_proc'::regclass AND i.objoid = p.oid
    AND NOT EXISTS (SELECT FROM aclexplode(i.initprivs) AS a WHERE a.grantee = 0 AND a.privilege_type = 'EXECUTE')) AS left_to_public,
  CASE WHEN p.prokind IN ('f', 'p') THEN pg_get_functiondef(p.oid) ELSE '' END AS definition,
  coalesce(obj_description(p.oid, 'pg_proc'), '') AS comment,
  coalesce(p.proacl, acldefault('f', p.proowner))::text[] AS acl
FROM pg_proc AS p JOIN managed AS n ON n.oid = p.pronamespace
LEFT JOIN extended AS e ON e.class = 'pg_proc'::regclass AND e.oid = p.oid LEFT JOIN pg_extension AS x ON x.oid = e.extension
-- Postgres' own are thousands: to join them all would cost more than all the rest.
WHERE p.pronamespace = ANY (ARRAY(SELECT oid FROM managed))
ORDER BY n.name, signature
