SELECT n.nspname AS name, pg_get_userbyid(n.nspowner) AS owner,
  EXISTS (SELECT FROM pg_class AS c WHERE c.relnamespace = n.oid AND c.relname = 'migrations') AS bookkeeping,
  n.nspacl::text[] AS acl
FROM pg_namespace AS n
WHERE n.oid IN (SELECT oid FROM managed)
ORDER BY n.nspname
