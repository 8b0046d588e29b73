-- Runs before each request (db-pre-request), as the request's role: what PostgREST does not check of a token.
CREATE OR REPLACE FUNCTION :"private".pre_request() RETURNS pg_catalog.void
LANGUAGE plpgsql :{volatility}
SET search_path = pg_catalog, pg_temp
AS :'body'
