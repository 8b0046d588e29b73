-- Settings that weaken what is checked, as a new session of the login roles has them: those of every role and of this database,
-- and those of the server, which show in our own session unless its role has some of its own. What the login roles are set to
-- themselves is taken away with the rest of their settings.
WITH
  -- Any value but the safe one, or the weak one only; and whether it opens nothing by itself.
  weakening(name, safe, weak, minor) AS (VALUES
    ('lo_compat_privileges', 'off', NULL, false), ('role', NULL, NULL, false), ('row_security', 'on', NULL, false),
    ('session_replication_role', 'origin', NULL, false), ('standard_conforming_strings', 'on', NULL, false),
    ('allow_system_table_mods', NULL, 'on', true), ('zero_damaged_pages', NULL, 'on', true),
    ('log_statement', NULL, 'all', true), ('log_min_duration_statement', NULL, '0', true)),
  given AS (
    SELECT s.setrole AS role, s.setdatabase AS database, split_part(setting, '=', 1) AS name, split_part(setting, '=', 2) AS value
    FROM pg_db_role_setting AS s CROSS JOIN unnest(s.setconfig) AS setting
    WHERE s.setdatabase IN (0, (SELECT oid FROM here))
      AND s.setrole IN (0, (SELECT oid FROM pg_roles WHERE rolname = session_user))
  ),
  effective AS (
    SELECT CASE WHEN role <> 0 THEN 'role ' || session_user WHEN database = 0 THEN 'every role' ELSE 'database ' || current_database() END AS object,
      CASE WHEN role <> 0 THEN format('ALTER ROLE %I', session_user) WHEN database = 0 THEN 'ALTER ROLE ALL'
        ELSE format('ALTER DATABASE %I', current_database()) END AS alter, name, value
    FROM given
    UNION ALL
    SELECT 'the server', 'ALTER SYSTEM', name, reset_val FROM pg_settings
    WHERE reset_val IS DISTINCT FROM boot_val AND name NOT IN (SELECT name FROM given)
  )
SELECT e.object, e.alter, e.name || '=' || e.value AS setting, w.minor
FROM effective AS e JOIN weakening AS w USING (name)
WHERE CASE WHEN w.weak IS NULL THEN e.value IS DISTINCT FROM w.safe ELSE lower(e.value) = w.weak END
ORDER BY 1, 2
