-- Whether the token of this request is revoked: the only thing about revoked tokens that an API role gets to know. It takes
-- no arguments, so that nobody can ask about the token of another.
CREATE OR REPLACE FUNCTION :"private".token_is_revoked() RETURNS pg_catalog.bool
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
-- A plan from when the tables were small is kept: without this it would read all of them when they have grown.
SET enable_seqscan = off
-- A subject with one name would otherwise be planned anew for each request.
SET plan_cache_mode = force_generic_plan
AS :'body'
