-- Triggers whose function runs with its owner's rights, wherever the function is.
SELECT c.schema, c.name AS table, t.tgname AS name, p.oid::regprocedure::text AS function,
  (SELECT nspname FROM pg_namespace WHERE oid = p.pronamespace) AS function_schema, p.proname AS function_name,
  pg_get_userbyid(p.proowner) AS function_owner,
  EXISTS (SELECT FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search\_path=%') AS search_path_set
FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid JOIN contained AS c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND p.prosecdef
ORDER BY 1, 2, 3
