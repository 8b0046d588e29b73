-- A claim as the default of a column; null where the claim is missing or has no value of the type.
CREATE OR REPLACE FUNCTION :"private".:"function"() RETURNS pg_catalog.:"type"
LANGUAGE sql STABLE PARALLEL SAFE
AS :'body'
