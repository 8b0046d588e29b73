-- The tables of the package itself: what they are, and whatever changes what a query of them does.
SELECT o.schema, o.name, c.relkind AS kind, c.relpersistence AS persistence, c.relrowsecurity AS row_security,
  ARRAY(SELECT polname FROM pg_policy WHERE polrelid = o.oid ORDER BY 1) AS policies,
  ARRAY(SELECT tgname FROM pg_trigger WHERE tgrelid = o.oid AND NOT tgisinternal ORDER BY 1) AS triggers,
  ARRAY(SELECT rulename FROM pg_rewrite WHERE ev_class = o.oid AND ev_type <> '1' ORDER BY 1) AS rules,
  ARRAY(SELECT r.relation::regclass::text FROM pg_inherits AS i
    CROSS JOIN LATERAL (VALUES (i.inhrelid), (i.inhparent)) AS r(relation)
    WHERE o.oid IN (i.inhrelid, i.inhparent) AND r.relation <> o.oid ORDER BY 1) AS relatives,
  concat_ws(', ',
    (SELECT string_agg(concat_ws(' ', quote_ident(a.attname), format_type(a.atttypid, a.atttypmod),
        CASE WHEN a.attcollation <> t.typcollation THEN 'COLLATE ' || quote_ident(k.collname) END, CASE WHEN a.attnotnull THEN 'NOT NULL' END,
        nullif(a.attgenerated, ''), nullif(a.attidentity, ''), pg_get_expr(d.adbin, d.adrelid)), ', ' ORDER BY a.attname)
      FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid
      LEFT JOIN pg_collation AS k ON k.oid = a.attcollation
      LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
      WHERE a.attrelid = o.oid AND a.attnum > 0 AND NOT a.attisdropped),
    -- PostgreSQL 18 keeps NOT NULL as a constraint as well.
    (SELECT string_agg(pg_get_constraintdef(k.oid), ', ' ORDER BY pg_get_constraintdef(k.oid)) FROM pg_constraint AS k
      WHERE k.conrelid = o.oid AND k.contype <> 'n'),
    -- To plan a query can be to run what is in these.
    (SELECT string_agg(pg_get_indexdef(i.indexrelid), ', ' ORDER BY i.indexrelid) FROM pg_index AS i
      WHERE i.indrelid = o.oid AND (i.indexprs IS NOT NULL OR i.indpred IS NOT NULL)),
    (SELECT string_agg(pg_get_statisticsobjdef(e.oid), ', ' ORDER BY e.oid) FROM pg_statistic_ext AS e
      WHERE e.stxrelid = o.oid AND e.stxexprs IS NOT NULL)) AS definition
FROM own AS o JOIN pg_class AS c ON c.oid = o.oid
ORDER BY 1, 2
