
    DECLARE
      clock CONSTANT numeric := extract(epoch FROM now());
      claim text;
      seconds numeric;
    BEGIN
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
      END IF;:{revocable}
    END;
