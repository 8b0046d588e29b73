-- What the planner puts in the place of a command; the rule that makes a view what it is does not count.
SELECT n.nspname AS schema, c.relname AS table, r.rulename AS name
FROM pg_rewrite AS r JOIN pg_class AS c ON c.oid = r.ev_class JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = ANY ($1) AND r.ev_type <> '1'
ORDER BY 1, 2, 3
