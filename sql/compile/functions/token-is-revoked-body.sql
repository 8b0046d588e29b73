DECLARE
  claims CONSTANT jsonb := coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb;
  names CONSTANT text[] := :"private".subject_names(claims #>> ARRAY[:'subject']);
  name text;
BEGIN
  FOREACH name IN ARRAY names LOOP
    -- It fits into no index: a token that could not be revoked.
    IF octet_length(name) > 1000 THEN
      RETURN true;
    END IF;
  END LOOP;
  -- Most tokens say the second in which they were issued, cut off: one of the same second as the revocation is refused.
  RETURN EXISTS (SELECT FROM :"private".revoked_tokens WHERE jti = claims ->> 'jti')
    OR EXISTS (
      SELECT FROM :"private".tokens_valid_after
      WHERE subject = ANY (names) AND (claims ->> 'iat')::numeric <= extract(epoch FROM valid_after));
END
