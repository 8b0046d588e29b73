-- What the planner puts in the place of a command; the rule that makes a view what it is does not count.
SELECT c.schema, c.name AS table, r.rulename AS name
FROM pg_rewrite AS r JOIN contained AS c ON c.oid = r.ev_class
WHERE r.ev_type <> '1'
ORDER BY 1, 2, 3
