DECLARE
  claims CONSTANT jsonb := coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb;
  subject CONSTANT text := claims #>> ARRAY[:'subject'];
  -- As `subject_names` tells them.
  names CONSTANT text[] := array_remove(ARRAY[:{names}], NULL);
BEGIN
  IF octet_length(array_to_string(names, '')) > 1000 THEN
    FOR n IN 1 .. cardinality(names) LOOP
      -- It fits into no index: a token that could not be revoked.
      IF octet_length(names[n]) > 1000 THEN
        RETURN true;
      END IF;
    END LOOP;
  END IF;
  -- Most tokens say the second in which they were issued, cut off: one of the same second as the revocation is refused.
  RETURN EXISTS (SELECT FROM :"private".revoked_tokens AS known WHERE known.jti = claims ->> 'jti')
    OR EXISTS (
      SELECT FROM :"private".tokens_valid_after AS known
      WHERE known.subject = ANY (names) AND (claims ->> 'iat')::numeric <= extract(epoch FROM known.valid_after));
END
