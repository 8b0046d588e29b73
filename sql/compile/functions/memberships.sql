-- What the token's subject is a member of. It runs as the owner, so that the membership table's own policies can't hide
-- a row from the policies that rest on it, and is read once a statement.
CREATE OR REPLACE FUNCTION :"private".:"function"() RETURNS SETOF pg_catalog.:"type"
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
AS :'body'
