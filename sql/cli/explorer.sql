-- The statements of the explorer, each under its name.

-- name: functions
-- A function reads where each of its overloads does. PostgREST hands a whole body to an argument without a name.
SELECT n.nspname AS schema, p.proname AS name,
  bool_and(p.provolatile <> 'v' AND NOT (p.pronargs = 1 AND coalesce(p.proargnames[1], '') = '')) AS reads
FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
WHERE n.nspname IN (:'schemas') AND p.prokind = 'f'
GROUP BY n.nspname, p.proname
