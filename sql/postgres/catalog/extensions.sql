SELECT e.extname AS name, n.name AS schema, e.extrelocatable AS relocatable
FROM pg_extension AS e JOIN managed AS n ON n.oid = e.extnamespace
ORDER BY 1
