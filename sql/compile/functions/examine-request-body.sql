DECLARE
  claims CONSTANT jsonb := coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb;
  -- Each request waits for this check. Postgres prepares each expression again in each transaction, so there are few of
  -- them: assignments and loops, since PERFORM and SELECT start a query each.
  applied text;
  called text;
  problem text;
BEGIN:{become_mapped_role}
  -- Who asks decides what is answered, and `Vary` does not say so: no cache may give the answer to another user. A function
  -- that sets headers replaces these. Then the role's timeout: SET ROLE does not bring it, and PostgREST does so only where it
  -- takes its own configuration from the database as well. It stands here because to read it from the catalogs would cost more
  -- than all the rest.
  applied := set_config('response.headers', '[{"Cache-Control": "private, no-store"}]', true) || set_config('statement_timeout', coalesce(
    (ARRAY[:'timeouts']::text[])[array_position(ARRAY[:'roles']::text[], current_user::text)],
    current_setting('statement_timeout')), true);:{settings}

  -- A role may execute more than it may call: functions in defaults and policies, for example. The path is percent-encoded
  -- as the client sent it. One with two parts is that of a function.
  IF strpos(substr(current_setting('request.path', true), 2), '/') > 0 THEN
    called := substring(current_setting('request.path', true) FROM '[^/]*$');
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

  -- True only for claims in which all that follows finds no problem: one expression instead of twenty, for most requests.
  IF (coalesce(strpos(claims ->> 'sub', ':...@'), 0) = 0:{short_names} AND jsonb_path_match(
    claims, :'in_order', jsonb_build_object('clock', extract(epoch FROM now())), true)) IS NOT TRUE
  THEN
    -- PostgREST makes {"role": <anonymous role>} for a request without a token.
    IF current_user = :'anonymous' AND claims - 'role' = '{}' THEN
      RETURN;
    END IF;:{claims}
    IF problem IS NOT NULL THEN
      RAISE SQLSTATE 'PT401' USING MESSAGE = 'the token is not valid here', DETAIL = problem;
    END IF;
  END IF;:{revocation}
END
