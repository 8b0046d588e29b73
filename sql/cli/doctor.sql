-- Facts that `doctor` reads about an existing database.
SELECT
  current_setting('server_version') AS version,
  pg_is_in_recovery() AS standby,
  extract(epoch FROM clock_timestamp()) * 1000 AS now
