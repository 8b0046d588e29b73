-- For the owner, and functions that run as it: refuses the token of that name from now on. The row is needed until the token
-- expires, and some of those that are no longer needed go: a minute later, because PostgREST forgives clocks half of one.
CREATE OR REPLACE FUNCTION :"private".revoke_token(jti pg_catalog.text, expires_at pg_catalog.timestamptz DEFAULT 'infinity')
RETURNS pg_catalog.void
LANGUAGE plpgsql
SET search_path = pg_catalog, :"private", pg_temp
AS $function$
#variable_conflict use_column
BEGIN
  INSERT INTO revoked_tokens AS known (jti, expires_at) VALUES ($1, $2)
  ON CONFLICT (jti) DO UPDATE SET expires_at = greatest(known.expires_at, excluded.expires_at);
  DELETE FROM revoked_tokens WHERE jti IN (
    SELECT jti FROM revoked_tokens WHERE expires_at < now() - interval '1 minute'
    ORDER BY expires_at LIMIT 100 FOR UPDATE SKIP LOCKED);
END
$function$
