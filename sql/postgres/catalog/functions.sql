SELECT n.name AS schema, p.proname AS name, p.oid::regprocedure::text AS signature, pg_get_userbyid(p.proowner) AS owner,
  ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) WITH ORDINALITY AS a(t, position) ORDER BY position) AS arguments,
  p.prosecdef AS security_definer,
  EXISTS (SELECT FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search\_path=%') AS search_path_set,
  ARRAY(SELECT setting FROM unnest(p.proconfig) AS setting) AS settings, p.proleakproof AS leakproof,
  p.prokind = 'a' OR p.oid IN (SELECT oid FROM generated) OR (SELECT lanpltrusted FROM pg_language WHERE oid = p.prolang) AS trusted,
  p.prosqlbody IS NULL AS body_is_text,
  EXISTS (SELECT FROM extended AS e WHERE e.class = 'pg_proc'::regclass AND e.oid = p.oid) AS extension,
  CASE WHEN p.prokind IN ('f', 'p') THEN pg_get_functiondef(p.oid) ELSE '' END AS definition,
  coalesce(obj_description(p.oid, 'pg_proc'), '') AS comment,
  coalesce(p.proacl, acldefault('f', p.proowner))::text[] AS acl
FROM pg_proc AS p JOIN managed AS n ON n.oid = p.pronamespace
-- Postgres' own are thousands: to join them all would cost more than all the rest.
WHERE p.pronamespace = ANY (ARRAY(SELECT oid FROM managed))
ORDER BY n.name, signature
