SELECT c.schema, c.name AS table, t.tgname AS name, concat(pg_get_triggerdef(t.oid), ' ', t.tgenabled) AS definition,
  coalesce(obj_description(t.oid, 'pg_trigger'), '') AS comment
FROM pg_trigger AS t JOIN contained AS c ON c.oid = t.tgrelid
-- A partition's trigger goes with the one it is a copy of.
WHERE NOT t.tgisinternal AND t.tgparentid = 0
ORDER BY 1, 2, 3
