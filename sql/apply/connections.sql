-- Statements about the connections that a database takes.

-- name: limits
-- The lowest limit first; -1 is none. From 16 on, some connections can be kept for a role of their own.
SELECT name, connections FROM (
  SELECT 'max_connections', current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
    - coalesce(nullif(current_setting('reserved_connections', true), ''), '0')::int
  UNION ALL
  SELECT 'the connection limit of database ' || datname, datconnlimit FROM pg_database
  WHERE datname = current_database() AND datconnlimit >= 0
  UNION ALL
  SELECT 'the connection limit of role ' || rolname, rolconnlimit FROM pg_roles
  WHERE rolname = ANY ($1::name[]) AND rolconnlimit >= 0
) AS limits (name, connections)
ORDER BY connections
