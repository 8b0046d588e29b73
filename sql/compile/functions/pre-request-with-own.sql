-- The same, and then the user's own function.
CREATE OR REPLACE FUNCTION :"private".pre_request() RETURNS pg_catalog.void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, pg_temp
AS :'body'
