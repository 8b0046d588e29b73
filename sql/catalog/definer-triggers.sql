-- Triggers whose function runs with its owner's rights, wherever the function is.
SELECT n.nspname AS schema, c.relname AS table, t.tgname AS name, p.oid::regprocedure::text AS function,
  pg_get_userbyid(p.proowner) AS function_owner,
  EXISTS (SELECT FROM unnest(p.proconfig) AS setting WHERE setting LIKE 'search\_path=%') AS search_path_set
FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid JOIN pg_class AS c ON c.oid = t.tgrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1) AND NOT t.tgisinternal AND p.prosecdef
ORDER BY 1, 2, 3
