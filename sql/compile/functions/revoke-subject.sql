-- For the owner, and functions that run as it: refuses every token about the subject, in whatever spelling, that has been issued
-- until now.
CREATE OR REPLACE FUNCTION :"private".revoke_subject(subject pg_catalog.text) RETURNS pg_catalog.void
LANGUAGE sql
SET search_path = pg_catalog, pg_temp
AS :'body'
