-- Users and claims as SQL of Supabase names them. The rows of auth.users come from your provider: keep them in step with its users.
CREATE TABLE auth.users (
  id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
  instance_id uuid,
  aud text,
  role text,
  email text,
  encrypted_password text,
  email_confirmed_at timestamptz,
  invited_at timestamptz,
  confirmed_at timestamptz,
  last_sign_in_at timestamptz,
  raw_app_meta_data jsonb,
  raw_user_meta_data jsonb,
  is_super_admin boolean,
  phone text,
  phone_confirmed_at timestamptz,
  banned_until timestamptz,
  is_sso_user boolean NOT NULL DEFAULT false,
  is_anonymous boolean NOT NULL DEFAULT false,
  created_at timestamptz DEFAULT now(),
  updated_at timestamptz DEFAULT now(),
  deleted_at timestamptz
);

-- All claims of the request; null without a token.
CREATE FUNCTION auth.jwt() RETURNS jsonb LANGUAGE sql STABLE
AS $function$
  SELECT nullif(pg_catalog.current_setting('request.jwt.claims', true), '')::pg_catalog.jsonb
$function$;

-- The subject of the token; null where it is no UUID.
CREATE FUNCTION auth.uid() RETURNS uuid LANGUAGE sql STABLE
AS $function$
  SELECT CASE WHEN auth.jwt() ->> 'sub' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN (auth.jwt() ->> 'sub')::pg_catalog.uuid END
$function$;

CREATE FUNCTION auth.role() RETURNS text LANGUAGE sql STABLE
AS $function$
  SELECT auth.jwt() ->> 'role'
$function$;

CREATE FUNCTION auth.email() RETURNS text LANGUAGE sql STABLE
AS $function$
  SELECT auth.jwt() ->> 'email'
$function$;
