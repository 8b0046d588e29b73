SELECT n.nspname AS schema, t.typname AS name, pg_get_userbyid(t.typowner) AS owner,
  coalesce((
    SELECT json_agg(json_build_object('grantee', coalesce(r.rolname, 'public'), 'privilege', a.privilege_type, 'grantable', a.is_grantable))
    FROM aclexplode(coalesce(t.typacl, acldefault('T', t.typowner))) AS a LEFT JOIN pg_roles AS r ON r.oid = a.grantee
    WHERE a.grantee <> t.typowner), '[]') AS grants
FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = t.typnamespace
LEFT JOIN pg_class AS c ON c.oid = t.typrelid
WHERE n.nspname = ANY ($1)
  -- Not the types that Postgres makes with a relation, an array or a multirange: they have no grants of their own.
  AND t.typtype IN ('c', 'd', 'e', 'r') AND (t.typtype <> 'c' OR c.relkind = 'c')
  AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
ORDER BY n.nspname, t.typname
