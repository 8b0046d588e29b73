DECLARE
  claims CONSTANT jsonb := coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb;
BEGIN
  -- Most tokens say the second in which they were issued, cut off: one of the same second as the revocation is refused.
  -- Most subjects have one name, and their spelling shows it: to see that costs less than to cast them.
  IF :{has_one_name} AND octet_length(claims ->> 'jti') <= 1000 THEN
    RETURN EXISTS (SELECT FROM :"private".revoked_tokens AS known WHERE known.jti = claims ->> 'jti')
      OR EXISTS (
        SELECT FROM :"private".tokens_valid_after AS known
        WHERE known.subject = :{subject} AND (claims ->> 'iat')::numeric <= extract(epoch FROM known.valid_after));
  END IF;
  DECLARE
    subject CONSTANT text := :{subject};
    -- As `subject_names` tells them.
    names CONSTANT text[] := array_remove(ARRAY[:{names}], NULL);
  BEGIN
    FOR n IN 1 .. cardinality(names) LOOP
      -- It fits into no index: a token that could not be revoked.
      IF octet_length(names[n]) > 1000 THEN
        RETURN true;
      END IF;
    END LOOP;
    RETURN coalesce(octet_length(claims ->> 'jti') > 1000, false)
      OR EXISTS (SELECT FROM :"private".revoked_tokens AS known WHERE known.jti = claims ->> 'jti')
      OR EXISTS (
        SELECT FROM :"private".tokens_valid_after AS known
        WHERE known.subject = ANY (names) AND (claims ->> 'iat')::numeric <= extract(epoch FROM known.valid_after));
  END;
END
