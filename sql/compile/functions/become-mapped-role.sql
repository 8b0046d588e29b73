
  -- Every token arrives as the anonymous role, whatever it says (jwt-role-claim-key): who it becomes is decided here, so that
  -- without this check nobody is more than anonymous.
  DECLARE
    trusted CONSTANT jsonb := :'issuers'::jsonb -> (claims ->> 'iss');
    said CONSTANT jsonb := claims #> ARRAY[:'role_claim'];
    held CONSTANT jsonb := CASE jsonb_typeof(said)
      WHEN 'array' THEN said
      WHEN 'string' THEN CASE WHEN :'space_separated'::boolean THEN to_jsonb(string_to_array(said #>> '{}', ' ')) ELSE said END
    END;
    -- What the claim says, and what it stands for.
    map_values CONSTANT text[] := ARRAY[:'map_values']::text[];
    map_roles CONSTANT text[] := ARRAY[:'map_roles']::text[];
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
      ELSIF trusted -> 'claims' <> '{}' THEN
        SELECT format('the claim "%s" is another one', expected.claim) INTO problem
        FROM jsonb_each(trusted -> 'claims') AS expected(claim, allowed)
        WHERE NOT coalesce(
          jsonb_typeof(claims -> expected.claim) = 'string' AND expected.allowed ? (claims ->> expected.claim), false)
        LIMIT 1;
      END IF;
      FOR n IN 1 .. cardinality(map_values) LOOP
        IF held ? map_values[n] THEN
          chosen := map_roles[n];
          EXIT;
        END IF;
      END LOOP;
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
      applied := set_config('role', chosen, true);
      -- As PostgREST itself does, the claims say the role of the request.
      applied := set_config('request.jwt.claims', (claims || jsonb_build_object('role', chosen))::text, true);
    END IF;
  END;
