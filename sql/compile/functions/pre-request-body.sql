DECLARE
  claims CONSTANT jsonb := coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb;
  -- The timeouts of all roles, and what else they are set to: one role, name and value at each place.
  roles CONSTANT text[] := ARRAY[:'roles']::text[];
  timeouts CONSTANT text[] := ARRAY[:'timeouts']::text[];
  setting_roles CONSTANT text[] := ARRAY[:'setting_roles']::text[];
  setting_names CONSTANT text[] := ARRAY[:'setting_names']::text[];
  setting_values CONSTANT text[] := ARRAY[:'setting_values']::text[];
  -- Each request waits for this check: assignments and loops, since PERFORM and SELECT start a query each.
  applied text;
  claim text;
  problem text;
  clock CONSTANT numeric := extract(epoch FROM now());
  seconds numeric;
  -- Percent-encoded as the client sent it. A path with two parts is that of a function.
  path CONSTANT text := coalesce(current_setting('request.path', true), '');
  called text;
BEGIN:{become_mapped_role}
  -- Who asks decides what is answered, and `Vary` does not say so: no cache may give the answer to another user. A function
  -- that sets headers replaces these.
  applied := set_config('response.headers', '[{"Cache-Control": "private, no-store"}]', true);
  -- The role's settings: SET ROLE does not bring them, and PostgREST does so only where it takes its own configuration
  -- from the database as well. They stand here because to read them from the catalogs would cost more than all the rest.
  IF current_user = ANY (roles) THEN
    applied := set_config('statement_timeout', timeouts[array_position(roles, current_user::text)], true);
  END IF;
  FOR n IN 1 .. cardinality(setting_roles) LOOP
    CONTINUE WHEN setting_roles[n] <> current_user;
    BEGIN
      applied := set_config(setting_names[n], setting_values[n], true);
    EXCEPTION WHEN insufficient_privilege OR cant_change_runtime_param THEN
      -- What the role itself may not set stays as it is.
    END;
  END LOOP;

  -- A role may execute more than it may call: functions in defaults and policies, for example.
  IF strpos(substr(path, 2), '/') > 0 THEN
    called := substring(path FROM '[^/]*$');
    IF strpos(called, '%') > 0 THEN
      called := (
        SELECT convert_from(decode(string_agg(
            CASE length(part) WHEN 3 THEN substr(part, 2) ELSE encode(convert_to(part, 'UTF8'), 'hex') END, '' ORDER BY n), 'hex'), 'UTF8')
        FROM regexp_matches(called, '%[[:xdigit:]]{2}|.', 'g') WITH ORDINALITY AS matched(parts, n), unnest(parts) AS part);
    END IF;
    IF NOT called = ANY (ARRAY[:'functions']::text[]) THEN
      RAISE SQLSTATE 'PGRST' USING DETAIL = '{"status": 404, "headers": {}}', MESSAGE = json_build_object(
        'code', 'PGRST202', 'message', format('Could not find the function %s in the schema cache', called), 'details', NULL, 'hint', NULL);
    ELSIF NOT concat(current_user, '/', called) = ANY (ARRAY[:'calls']::text[]) THEN
      RAISE insufficient_privilege USING MESSAGE = format('permission denied for function %s', called);
    END IF;
  END IF;

  -- PostgREST makes {"role": <anonymous role>} for a request without a token.
  IF claims - 'role' = '{}' AND current_user = :'anonymous' THEN
    RETURN;
  END IF;
  FOREACH claim IN ARRAY ARRAY[:'required_claims']::text[] LOOP
    IF claims ->> claim IS NULL THEN
      problem := format('the claim "%s" is missing', claim);
      EXIT;
    END IF;
  END LOOP;
  -- Some versions of PostgREST pass over times that are no whole numbers, and over some that are ahead. As it does, this
  -- forgives clocks 30 s. RFC 7519, 4.1: each of them may be missing.
  FOREACH claim IN ARRAY '{exp,nbf,iat}'::text[] LOOP
    CONTINUE WHEN problem IS NOT NULL OR claims ->> claim IS NULL;
    seconds := CASE jsonb_typeof(claims -> claim) WHEN 'number' THEN (claims ->> claim)::numeric END;
    problem := CASE
      WHEN seconds IS NULL OR seconds <> trunc(seconds) THEN format('the claim "%s" is no whole number', claim)
      WHEN claim = 'exp' AND seconds <= clock - 30 THEN 'the token has expired'
      WHEN claim = 'nbf' AND seconds > clock + 30 THEN 'the token is not valid yet'
      WHEN claim = 'iat' AND seconds > clock + 30 THEN 'the token was issued in the future'
    END;
  END LOOP;
  -- PostgREST shows the credentials in a subject that is a URL as dots: who it was can not be told any more.
  IF problem IS NULL AND claims ->> 'sub' ~ '://[^/?#]*:[.]{3}@' THEN
    problem := 'the claim "sub" has credentials in it';
  END IF;
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
  IF problem IS NULL AND :'maximum_age'::numeric > 0 AND NOT coalesce(
    (claims ->> 'iat')::numeric >= clock - :'maximum_age'::numeric - 30, false)
  THEN
    problem := 'the token is too old';
  END IF;
:{revocation}
  IF problem IS NOT NULL THEN
    RAISE SQLSTATE 'PT401' USING MESSAGE = 'the token is not valid here', DETAIL = problem;
  END IF;
END
