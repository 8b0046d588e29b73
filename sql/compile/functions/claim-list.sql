-- The members of a claim that holds a list, as text; nothing where the claim is missing or no list.
CREATE OR REPLACE FUNCTION :"private".claim_list(VARIADIC path pg_catalog.text[]) RETURNS SETOF pg_catalog.text
LANGUAGE sql STABLE PARALLEL SAFE
AS $function$
  SELECT member
  FROM (
    SELECT pg_catalog.json_extract_path(
      nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::pg_catalog.json, VARIADIC path) AS list
  ) AS claim,
  LATERAL pg_catalog.json_array_elements_text(
    CASE pg_catalog.json_typeof(claim.list) WHEN 'array' THEN claim.list ELSE '[]' END) AS member
$function$
