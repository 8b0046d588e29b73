-- Statements that read the activity of the servers' sessions.

-- name: time
SELECT clock_timestamp()::text AS now
-- name: unseen_logins
-- Logins whose sessions the connected role cannot see, as it is no member of them.
SELECT rolname AS name,
  -- Before 16, the admin's own attribute decides.
  CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'WITH INHERIT TRUE' ELSE '' END AS inherit
FROM pg_roles
WHERE rolname = ANY ($1::name[]) AND NOT pg_has_role(current_user, oid, 'USAGE') AND NOT pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
-- name: join
GRANT :"login" TO CURRENT_USER :{inherit}
-- name: sessions
-- One of PostgREST's sessions listens; those of its pool have run a query since it read the schema, or were closed by
-- then.
SELECT
  count(*) FILTER (WHERE query ILIKE 'LISTEN %')::int AS listening,
  count(*) FILTER (WHERE query NOT ILIKE 'LISTEN %')::int AS others,
  count(*) FILTER (WHERE query NOT ILIKE 'LISTEN %' AND query_start >= $2::timestamptz)::int AS recent,
  count(*) FILTER (WHERE query = '<insufficient privilege>' OR state = 'disabled')::int AS unreadable
FROM pg_stat_activity
WHERE datname = current_database() AND usename = ANY ($1::name[])
-- name: schema_reads
-- A session that begins has no state yet.
-- The queries with which PostgREST reads a schema name Postgres' catalogs, those of requests do not.
SELECT pid, coalesce(host(client_addr), '') AS address, query ILIKE 'LISTEN %' AS listens, coalesce(xact_start::text, '') AS started,
  xact_start IS NOT NULL AND query ~ '\mpg_(attribute|class|constraint|depend|index|namespace|proc|timezone_names|type)\M' AS reads,
  coalesce(xact_start >= $2::timestamptz, false) AS fresh, query <> '<insufficient privilege>' AND state IS DISTINCT FROM 'disabled' AS readable
FROM pg_stat_activity
WHERE datname = current_database() AND usename = ANY ($1::name[])
