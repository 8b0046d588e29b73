-- For the owner's functions: refuses every token about one of the subjects that has been issued until now. The time is that of the
-- call, not the transaction's, and never goes back.
CREATE OR REPLACE FUNCTION :"private".revoke_subjects(subjects pg_catalog.text[]) RETURNS pg_catalog.void
LANGUAGE plpgsql
SET search_path = pg_catalog, :"private", pg_temp
AS $function$
#variable_conflict use_column
BEGIN
  INSERT INTO tokens_valid_after AS known (subject, valid_after)
  SELECT name, clock_timestamp()
  FROM unnest($1) AS named(subject), unnest(subject_names(named.subject)) AS name
  -- No token with a longer one passes.
  WHERE octet_length(name) <= 1000
  GROUP BY name
  -- In one order, so that two of them never wait for each other.
  ORDER BY name
  ON CONFLICT (subject) DO UPDATE SET valid_after = greatest(known.valid_after, excluded.valid_after);
END
$function$
