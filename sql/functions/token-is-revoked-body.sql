DECLARE
  claims CONSTANT jsonb := coalesce(nullif(current_setting('request.jwt.claims', true), ''), '{}')::jsonb;
BEGIN
  -- Most tokens say the second in which they were issued, cut off: one of the same second as the revocation is refused.
  RETURN EXISTS (SELECT FROM :"private".revoked_tokens WHERE jti = claims ->> 'jti')
    OR EXISTS (
      SELECT FROM :"private".tokens_valid_after
      WHERE subject = claims #>> ARRAY[:'subject'] AND (claims ->> 'iat')::numeric <= extract(epoch FROM valid_after));
END
