-- Settings, given to this database or to every role, that weaken what is checked. PostgREST's own connections have them.
SELECT CASE WHEN s.setdatabase = 0 THEN 'every role' ELSE 'database ' || current_database() END AS object, setting
FROM pg_db_role_setting AS s CROSS JOIN unnest(s.setconfig) AS setting
WHERE s.setrole = 0 AND s.setdatabase IN (0, (SELECT oid FROM here))
  AND split_part(setting, '=', 1) IN ('lo_compat_privileges', 'role', 'row_security', 'session_replication_role')
ORDER BY 1, 2
