-- Who may sign in, and as what.

-- name: account_claims
SELECT :"schema".:"function"($1) AS claims
-- name: account_by_name
SELECT id, password_hash AS hash FROM :"schema".accounts WHERE lower(name) = lower($1) AND NOT disabled
-- name: take_attempt
INSERT INTO :"schema".attempts AS a (subject, count, expires_at) VALUES ($1, 1, now() + make_interval(secs => $2))
ON CONFLICT (subject) DO UPDATE SET
  count = CASE WHEN a.expires_at < now() THEN 1 ELSE a.count + 1 END,
  expires_at = CASE WHEN a.expires_at < now() THEN excluded.expires_at ELSE a.expires_at END
RETURNING count
-- name: forget_attempts
DELETE FROM :"schema".attempts WHERE subject = $1
-- name: give_back_attempt
UPDATE :"schema".attempts SET count = count - 1 WHERE subject = $1 AND count > 0
