-- `definition` is which version of its row a policy is, and the names of what it rests on. Any change of a policy makes
-- another version of it, and to write the conditions out as text would cost more than all the rest. Roles, columns and
-- functions are in a policy by number, so a new name of one makes no new version. Nor does a new name of an enum's label:
-- where a type that is not Postgres' own is in a condition, its text counts as well.
SELECT c.schema, c.name AS table, p.polname AS name, p.polpermissive AS permissive,
  CASE p.polcmd WHEN 'r' THEN 'select' WHEN 'a' THEN 'insert' WHEN 'w' THEN 'update' WHEN 'd' THEN 'delete' END AS command,
  CASE WHEN 0 <> ALL (p.polroles) THEN p.polroles::regrole[]::text[] END AS roles,
  json_build_array(p.oid, p.xmin::text, p.polroles::regrole[]::text, used.names, CASE WHEN used.types
    THEN json_build_array(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) END)::text AS definition,
  coalesce((SELECT s.description FROM pg_description AS s
    WHERE s.objoid = p.oid AND s.classoid = 'pg_policy'::regclass AND s.objsubid = 0), '') AS comment
FROM pg_policy AS p JOIN contained AS c ON c.oid = p.polrelid
CROSS JOIN LATERAL (
  SELECT json_agg((pg_identify_object(class, object, part)).identity) AS names, bool_or(class = 'pg_type'::regclass) AS types
  FROM (SELECT DISTINCT d.refclassid, d.refobjid, d.refobjsubid FROM pg_depend AS d
    WHERE d.classid = 'pg_policy'::regclass AND d.objid = p.oid ORDER BY 1, 2, 3) AS u(class, object, part)) AS used
ORDER BY c.schema, c.name, p.polname
