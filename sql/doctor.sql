-- Facts that `doctor` reads about an existing database and the connecting role.
SELECT
  current_setting('server_version') AS version,
  pg_is_in_recovery() AS standby,
  extract(epoch FROM clock_timestamp()) * 1000 AS now,
  rolsuper AS superuser,
  rolcreaterole AND pg_has_role(current_user, (SELECT datdba FROM pg_database WHERE datname = current_database()), 'MEMBER') AS admin
FROM pg_roles WHERE rolname = current_user
