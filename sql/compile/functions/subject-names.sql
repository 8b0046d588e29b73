-- Every name of the subject that this text means: itself, and its one spelling in each type that policies may cast it to. As a
-- policy does not tell 7 from 07 or 7.0, a revocation must not either.
CREATE OR REPLACE FUNCTION :"private".subject_names(subject pg_catalog.text) RETURNS pg_catalog.text[]
LANGUAGE plpgsql STABLE
SET search_path = pg_catalog, pg_temp
AS :'body'
