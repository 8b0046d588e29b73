
  -- Every token arrives as the anonymous role, whatever it says (jwt-role-claim-key): who it becomes is decided here, so that
  -- without this check nobody is more than anonymous.
  DECLARE
    trusted CONSTANT jsonb := :'issuers'::jsonb -> (claims ->> 'iss');
    said CONSTANT jsonb := claims #> ARRAY[:'role_claim'];
    held CONSTANT jsonb := CASE jsonb_typeof(said)
      WHEN 'array' THEN said
      WHEN 'string' THEN CASE WHEN :'space_separated'::boolean THEN to_jsonb(string_to_array(said #>> '{}', ' ')) ELSE said END
    END;
    chosen text;
  BEGIN
    IF trusted IS NOT NULL OR claims - 'role' <> '{}' THEN
      chosen := coalesce(CASE WHEN held IS NULL THEN NULL:{map} END, nullif(:'otherwise', ''));
      problem := CASE
        WHEN trusted IS NULL THEN 'the token is from another issuer'
        -- RFC 7519, 4.1.3: one audience, or a list of them.
        WHEN trusted ? 'audience' AND NOT coalesce(
          jsonb_typeof(claims -> 'aud') IN ('array', 'string') AND claims -> 'aud' ? (trusted ->> 'audience'), false)
        THEN 'the token is for another audience'
      END;:{expected_claims}
      IF problem IS NULL AND chosen IS NULL THEN
        problem := 'the token names no role of this API';
      END IF;
    ELSIF :'token_required'::boolean THEN
      problem := 'a token is needed';
    END IF;
    IF problem IS NOT NULL THEN
      RAISE SQLSTATE 'PT401' USING MESSAGE = 'the token is not valid here', DETAIL = problem;
    END IF;
    IF chosen IS NOT NULL THEN
      applied := set_config('role', chosen, true);
      -- As PostgREST itself does, the claims say the role of the request.
      applied := set_config('request.jwt.claims', (claims || jsonb_build_object('role', chosen))::text, true);
    END IF;
  END;
