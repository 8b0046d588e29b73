-- The value in the type of `kind`, such as NULL::int; null where it can't be cast. A plain cast would fail only where a row is
-- met, and so tell of a row that its policy hides.
CREATE OR REPLACE FUNCTION :"private".try_cast(value pg_catalog.text, kind pg_catalog.anyelement) RETURNS pg_catalog.anyelement
LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $function$
DECLARE
  result kind%TYPE;
BEGIN
  result := value;
  RETURN result;
-- Whatever the type's input function raises; a timeout is none of OTHERS.
EXCEPTION WHEN OTHERS THEN
  RETURN NULL;
END
$function$;
DO :'restrict'
