SELECT n.nspname AS schema, c.relname AS table, p.polname AS name,
  json_build_array(p.polcmd, p.polpermissive,
    (SELECT json_agg(coalesce(r.rolname, 'public') ORDER BY r.rolname) FROM unnest(p.polroles) AS o(oid) LEFT JOIN pg_roles AS r ON r.oid = o.oid),
    pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))::text AS definition,
  coalesce(obj_description(p.oid, 'pg_policy'), '') AS comment
FROM pg_policy AS p JOIN pg_class AS c ON c.oid = p.polrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1)
ORDER BY n.nspname, c.relname, p.polname
