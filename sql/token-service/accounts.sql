-- Who may sign in, and as what.

-- name: account_claims
SELECT :"schema".:"function"($1) AS claims
-- name: account_by_name
SELECT id, password_hash AS hash FROM :"schema".accounts WHERE lower(name) = lower($1) AND NOT disabled
-- name: take_attempt
-- By what the look-up takes for the same name, whatever letters lower() folds here.
INSERT INTO :"schema".attempts AS a (subject, count, expires_at)
VALUES (sha256(convert_to(lower($1), 'UTF8')), 1, now() + make_interval(secs => $2))
ON CONFLICT (subject) DO UPDATE SET
  count = CASE WHEN a.expires_at < now() THEN 1 ELSE a.count + 1 END,
  expires_at = CASE WHEN a.expires_at < now() THEN excluded.expires_at ELSE a.expires_at END
RETURNING count
-- name: forget_attempts
DELETE FROM :"schema".attempts WHERE subject = sha256(convert_to(lower($1), 'UTF8'))
-- name: give_back_attempt
UPDATE :"schema".attempts SET count = count - 1 WHERE subject = sha256(convert_to(lower($1), 'UTF8')) AND count > 0
