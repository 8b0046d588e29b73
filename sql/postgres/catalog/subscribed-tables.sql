-- Tables into which a subscription writes, past policies, and past triggers that are not for replicas.
SELECT c.schema, c.name AS table FROM pg_subscription_rel AS s JOIN contained AS c ON c.oid = s.srrelid ORDER BY 1, 2
