-- One claim of the request's token as text, by its path; null where there is none.
-- The setting is '' rather than null once a pooled connection has served another request.
CREATE OR REPLACE FUNCTION :"private".claim(VARIADIC path pg_catalog.text[]) RETURNS pg_catalog.text
LANGUAGE sql STABLE PARALLEL SAFE
AS $function$
  SELECT pg_catalog.json_extract_path_text(
    nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::pg_catalog.json, VARIADIC path)
$function$
