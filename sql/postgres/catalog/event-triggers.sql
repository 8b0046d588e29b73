-- Event triggers whose function a non-superuser may replace. It runs as the role that changes the database, an admin too.
SELECT e.evtname AS name, p.oid::regprocedure::text AS function, pg_get_userbyid(p.proowner) AS owner
FROM pg_event_trigger AS e JOIN pg_proc AS p ON p.oid = e.evtfoid JOIN pg_roles AS r ON r.oid = p.proowner
WHERE NOT r.rolsuper AND e.evtenabled <> 'D'
ORDER BY 1
