-- Tables of the schemas ($1) whose rows leave by replication.
SELECT schemaname AS schema, tablename AS table, pubname AS publication
FROM pg_publication_tables
WHERE schemaname = ANY ($1)
ORDER BY 1, 2, 3
