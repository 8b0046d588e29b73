-- Where the token service keeps what it knows: a schema that no API role reaches, and a login role that reaches no other.

-- name: create_schema
CREATE SCHEMA IF NOT EXISTS :"schema";
REVOKE ALL ON SCHEMA :"schema" FROM PUBLIC;

-- One table for whatever expires. Ids are SHA-256 hashes: who reads the table can not sign in with what it holds.
CREATE TABLE IF NOT EXISTS :"schema".tokens (
  id bytea PRIMARY KEY,
  model text NOT NULL,
  grant_id bytea,
  uid bytea,
  user_code bytea,
  payload jsonb NOT NULL,
  consumed_at timestamptz,
  expires_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS tokens_grant_id ON :"schema".tokens (grant_id) WHERE grant_id IS NOT NULL;
CREATE INDEX IF NOT EXISTS tokens_uid ON :"schema".tokens (uid) WHERE uid IS NOT NULL;
CREATE INDEX IF NOT EXISTS tokens_user_code ON :"schema".tokens (user_code) WHERE user_code IS NOT NULL;
CREATE INDEX IF NOT EXISTS tokens_expires_at ON :"schema".tokens (expires_at);

-- Counts of attempts to sign in, by the hash of an account's name or of an address.
CREATE TABLE IF NOT EXISTS :"schema".attempts (
  subject bytea PRIMARY KEY,
  count int NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS attempts_expires_at ON :"schema".attempts (expires_at);

CREATE TABLE IF NOT EXISTS :"schema".accounts (
  id text PRIMARY KEY DEFAULT gen_random_uuid(),
  name text NOT NULL,
  password_hash text,
  role text NOT NULL,
  claims jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(claims) = 'object'),
  disabled boolean NOT NULL DEFAULT false
);
CREATE UNIQUE INDEX IF NOT EXISTS accounts_name ON :"schema".accounts (lower(name));

-- Null for an account that is gone or disabled.
CREATE OR REPLACE FUNCTION :"schema".account_claims(id text) RETURNS jsonb
LANGUAGE sql STABLE
BEGIN ATOMIC
  SELECT a.claims || jsonb_build_object('role', a.role) FROM :"schema".accounts AS a
  WHERE a.id = account_claims.id AND NOT a.disabled;
END;
REVOKE ALL ON FUNCTION :"schema".account_claims(text) FROM PUBLIC

-- name: create_role
CREATE ROLE :"role" LOGIN NOINHERIT
-- name: role_exists
SELECT FROM pg_catalog.pg_roles WHERE rolname = :'role'
-- name: grant
ALTER ROLE :"role" SET search_path = pg_catalog, pg_temp;
ALTER ROLE :"role" SET statement_timeout = 5000;
GRANT CONNECT ON DATABASE :"database" TO :"role";
GRANT USAGE ON SCHEMA :"schema" TO :"role";
GRANT SELECT, INSERT, UPDATE, DELETE ON :"schema".tokens, :"schema".attempts TO :"role";
GRANT SELECT ON :"schema".accounts TO :"role";
GRANT EXECUTE ON FUNCTION :"schema".account_claims(text) TO :"role"
-- name: grant_account_claims
GRANT USAGE ON SCHEMA :"schema" TO :"role";
GRANT EXECUTE ON FUNCTION :"schema".:"function"(text) TO :"role"
