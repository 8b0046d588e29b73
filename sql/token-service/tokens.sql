-- What the token service stores and looks up. Every id comes as a hash.

-- name: upsert
INSERT INTO :"schema".tokens (id, model, grant_id, uid, user_code, payload, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, now() + make_interval(secs => $7))
ON CONFLICT (id) DO UPDATE SET grant_id = excluded.grant_id, uid = excluded.uid, user_code = excluded.user_code,
  payload = excluded.payload, expires_at = excluded.expires_at
-- name: find
-- One that was consumed within the grace counts as fresh, unless the answer has arrived: its successor was used.
SELECT t.payload, t.consumed_at IS NOT NULL AND NOT (
    t.consumed_at > clock_timestamp() - make_interval(secs => $2)
    AND NOT EXISTS (
      SELECT FROM :"schema".tokens AS later
      WHERE later.grant_id = t.grant_id AND later.model = t.model AND later.consumed_at > t.consumed_at
        -- Other tabs of the same sign-in have the same grant, each from when it was given its first token.
        AND later.payload -> 'iiat' = t.payload -> 'iiat' AND later.payload -> 'rotations' > t.payload -> 'rotations'
    )
  ) AS consumed
FROM :"schema".tokens AS t
WHERE t.id = $1 AND t.expires_at > now()
-- name: find_by_uid
SELECT payload FROM :"schema".tokens WHERE uid = $1 AND expires_at > now() ORDER BY expires_at DESC LIMIT 1
-- name: find_by_user_code
SELECT payload FROM :"schema".tokens WHERE user_code = $1 AND expires_at > now() ORDER BY expires_at DESC LIMIT 1
-- name: consume
-- The clock is read after whoever holds the row has let go of it: of two at once, the second is late.
UPDATE :"schema".tokens SET consumed_at = coalesce(consumed_at, clock_timestamp())
WHERE id = $1 AND (consumed_at IS NULL OR consumed_at > clock_timestamp() - make_interval(secs => $2))
-- name: destroy
DELETE FROM :"schema".tokens WHERE id = $1
-- name: revoke_by_grant
DELETE FROM :"schema".tokens WHERE grant_id = $1
-- name: remove_expired_tokens
DELETE FROM :"schema".tokens WHERE id = ANY (ARRAY(
  SELECT id FROM :"schema".tokens WHERE expires_at < now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
))
-- name: remove_expired_attempts
DELETE FROM :"schema".attempts WHERE subject = ANY (ARRAY(
  SELECT subject FROM :"schema".attempts WHERE expires_at < now() ORDER BY expires_at LIMIT $1 FOR UPDATE SKIP LOCKED
))
