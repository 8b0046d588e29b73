
  -- Every token arrives as the anonymous role, whatever it says (jwt-role-claim-key): who it becomes is decided here, so that
  -- without this check nobody is more than anonymous.
  DECLARE
    trusted CONSTANT jsonb := :'issuers'::jsonb -> (claims ->> 'iss');
    held CONSTANT jsonb := CASE jsonb_typeof(claims #> ARRAY[:'role_claim'])
      WHEN 'array' THEN claims #> ARRAY[:'role_claim']
      WHEN 'string' THEN CASE WHEN :'space_separated'::boolean
        THEN to_jsonb(string_to_array(claims #>> ARRAY[:'role_claim'], ' ')) ELSE claims #> ARRAY[:'role_claim'] END
    END;
    chosen text := coalesce(CASE WHEN held IS NULL THEN NULL:{map} END, nullif(:'otherwise', ''));
    -- RFC 7519, 4.1.3: one audience, or a list of them.
    is_for_us CONSTANT boolean := NOT trusted ? 'audience' OR coalesce(
      jsonb_typeof(claims -> 'aud') IN ('array', 'string') AND claims -> 'aud' ? (trusted ->> 'audience'), false);
  BEGIN
    -- True only where none of the rest finds a problem: one expression instead of seven, for most requests.
    IF (chosen IS NOT NULL AND is_for_us AND trusted -> 'claims' = '{}') IS NOT TRUE THEN
      IF trusted IS NOT NULL OR claims - 'role' <> '{}' THEN
        problem := CASE
          WHEN trusted IS NULL THEN 'the token is from another issuer'
          WHEN NOT is_for_us THEN 'the token is for another audience'
        END;:{expected_claims}
        IF problem IS NULL AND chosen IS NULL THEN
          problem := 'the token names no role of this API';
        END IF;
      ELSE
        chosen := NULL;
        IF :'token_required'::boolean THEN
          problem := 'a token is needed';
        END IF;
      END IF;
      IF problem IS NOT NULL THEN
        RAISE SQLSTATE 'PT401' USING MESSAGE = 'the token is not valid here', DETAIL = problem;
      END IF;
    END IF;
    IF chosen IS NOT NULL THEN
      -- As PostgREST itself does, the claims say the role of the request.
      applied := set_config('role', chosen, true)
        || set_config('request.jwt.claims', (claims || jsonb_build_object('role', chosen))::text, true);
    END IF;
  END;
