-- Examines a request that is not in order at a glance: it names the problem, or does the same as `pre_request`.
CREATE OR REPLACE FUNCTION :"private".examine_request() RETURNS pg_catalog.void
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS :'body'
