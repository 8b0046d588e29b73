
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
    IF claims - 'role' <> '{}' THEN
      IF trusted IS NULL THEN
        problem := 'the token is from another issuer';
      -- RFC 7519, 4.1.3: one audience, or a list of them.
      ELSIF trusted ? 'audience' AND NOT coalesce(
        jsonb_typeof(claims -> 'aud') IN ('array', 'string') AND claims -> 'aud' ? (trusted ->> 'audience'), false)
      THEN
        problem := 'the token is for another audience';
      ELSE
        SELECT format('the claim "%s" is another one', expected.claim) INTO problem
        FROM jsonb_each(trusted -> 'claims') AS expected(claim, allowed)
        WHERE NOT coalesce(
          jsonb_typeof(claims -> expected.claim) = 'string' AND expected.allowed ? (claims ->> expected.claim), false)
        LIMIT 1;
      END IF;
      SELECT mapping.role INTO chosen
      FROM unnest(ARRAY[:'map_values']::text[], ARRAY[:'map_roles']::text[]) WITH ORDINALITY AS mapping(value, role, place)
      WHERE held ? mapping.value
      ORDER BY mapping.place
      LIMIT 1;
      chosen := coalesce(chosen, nullif(:'otherwise', ''));
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
      PERFORM set_config('role', chosen, true);
      -- As PostgREST itself does, the claims say the role of the request.
      PERFORM set_config('request.jwt.claims', (claims || jsonb_build_object('role', chosen))::text, true);
    END IF;
  END;
