BEGIN
  -- Before PostgreSQL 17 a query that runs in parallel can't catch an exception.
  IF pg_catalog.current_setting('server_version_num')::pg_catalog.int4 < 170000 THEN
    ALTER FUNCTION :"private".try_cast(pg_catalog.text, pg_catalog.anyelement) PARALLEL UNSAFE;
  END IF;
END
