DECLARE
  claims CONSTANT jsonb := coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb;
  problem text;
BEGIN
  -- The role's settings, its statement timeout above all: SET ROLE does not bring them, and PostgREST does so only where
  -- it takes its own configuration from the database as well. What the role itself may not set stays as it is.
  PERFORM set_config(name, value, true)
  FROM pg_roles AS r, unnest(r.rolconfig) AS setting,
    LATERAL (SELECT split_part(setting, '=', 1), substr(setting, strpos(setting, '=') + 1)) AS s(name, value)
  WHERE r.rolname = current_user
    AND (name = 'statement_timeout'
      OR NOT EXISTS (SELECT FROM pg_settings AS p WHERE p.name = s.name AND p.context <> 'user'));

  -- PostgREST makes {"role": <anonymous role>} for a request without a token.
  IF claims - 'role' = '{}' AND current_user = :'anonymous' THEN
    RETURN;
  END IF;
  SELECT format('the claim "%s" is missing', claim) INTO problem
  FROM unnest(ARRAY[:'required_claims']::text[]) AS claim
  WHERE coalesce(claims -> claim, 'null') = 'null'
  LIMIT 1;
  IF problem IS NULL AND :'issuer' <> '' AND claims ->> 'iss' IS DISTINCT FROM :'issuer' THEN
    problem := 'the token is from another issuer';
  END IF;
  -- RFC 7519, 4.1.3: one audience, or a list of them.
  IF problem IS NULL AND :'audience' <> '' AND NOT coalesce(
    CASE jsonb_typeof(claims -> 'aud')
      WHEN 'array' THEN claims -> 'aud' ? :'audience'
      WHEN 'string' THEN claims ->> 'aud' = :'audience'
    END, false)
  THEN
    problem := 'the token is for another audience';
  END IF;
  IF problem IS NOT NULL THEN
    RAISE SQLSTATE 'PT401' USING MESSAGE = 'the token is not valid here', DETAIL = problem;
  END IF;
END
