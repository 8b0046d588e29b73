-- For the owner, and functions that run as it: refuses every token about the subject that has been issued until now. The time
-- is that of the call, not the transaction's, and never goes back.
CREATE OR REPLACE FUNCTION :"private".revoke_subject(subject pg_catalog.text) RETURNS pg_catalog.void
LANGUAGE plpgsql
SET search_path = pg_catalog, :"private", pg_temp
AS $function$
#variable_conflict use_column
BEGIN
  INSERT INTO tokens_valid_after AS known (subject, valid_after) VALUES ($1, clock_timestamp())
  ON CONFLICT (subject) DO UPDATE SET valid_after = greatest(known.valid_after, excluded.valid_after);
END
$function$
