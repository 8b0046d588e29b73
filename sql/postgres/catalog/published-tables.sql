-- Tables whose rows leave by replication.
SELECT schemaname AS schema, tablename AS table, pubname AS publication
FROM pg_publication_tables
WHERE schemaname IN (SELECT name FROM managed)
ORDER BY 1, 2, 3
