-- Revokes whom a row names that was changed or deleted; the trigger's arguments are the columns. It runs as the owner, because
-- whoever may change the row may not revoke anything else.
CREATE OR REPLACE FUNCTION :"private".revoke_changed_subject() RETURNS pg_catalog.trigger
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, :"private", pg_temp
AS $function$
BEGIN
  -- Byte by byte: not every type can be compared otherwise.
  IF TG_OP = 'UPDATE' AND OLD *= NEW THEN
    RETURN NULL;
  END IF;
  IF NOT to_jsonb(OLD) ?& TG_ARGV THEN
    RAISE undefined_column USING MESSAGE = format('%I.%I lacks one of the columns %s', TG_TABLE_SCHEMA, TG_TABLE_NAME, array_to_string(TG_ARGV, ', '));
  END IF;
  PERFORM revoke_subjects(ARRAY(
    SELECT version ->> column_name
    FROM unnest(ARRAY[to_jsonb(OLD), to_jsonb(NEW)]) AS version, unnest(TG_ARGV) AS column_name));
  RETURN NULL;
END
$function$
