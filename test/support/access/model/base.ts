/** Roles and functions that every random database has. */
export const ROLES = `
  CREATE ROLE authenticator LOGIN NOINHERIT;
  CREATE ROLE anon;
  CREATE ROLE member;
  CREATE ROLE editor;
  CREATE ROLE keeper;
  CREATE ROLE owner;
  GRANT member TO editor;
  GRANT anon, member, editor TO authenticator;
  CREATE SCHEMA api AUTHORIZATION owner;
  CREATE SCHEMA private AUTHORIZATION owner;
  GRANT USAGE ON SCHEMA api, private TO anon, member, keeper;
  CREATE TYPE api.mood AS ENUM ('sad', 'ok', 'happy');
  CREATE FUNCTION private.claim(VARIADIC path text[]) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT json_extract_path_text(nullif(current_setting('request.jwt.claims', true), '')::json, VARIADIC path) $$;
  CREATE FUNCTION private.claim_list(VARIADIC path text[]) RETURNS SETOF text LANGUAGE sql STABLE AS $$
    SELECT member FROM (
      SELECT json_extract_path(nullif(current_setting('request.jwt.claims', true), '')::json, VARIADIC path) AS list
    ) AS claim, LATERAL json_array_elements_text(
      CASE json_typeof(claim.list) WHEN 'array' THEN claim.list ELSE '[]' END) AS member $$;
  CREATE FUNCTION private.try_cast(value text, kind anyelement) RETURNS anyelement LANGUAGE plpgsql STABLE AS $$
    DECLARE result kind%TYPE;
    BEGIN
      result := value;
      RETURN result;
    EXCEPTION WHEN OTHERS THEN RETURN NULL;
    END $$;
  CREATE FUNCTION private.uid() RETURNS int LANGUAGE sql STABLE AS $$
    SELECT nullif(nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'user_id', '')::int $$;
  CREATE FUNCTION private.only_row() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF OLD.id::text <> current_setting('model.only', true) THEN RETURN NULL; END IF;
      RETURN NEW;
    END $$;`;

/** Tables that conditions read, and functions that read them. */
export const WITNESSES = `
  CREATE TABLE api.m (user_id int, org uuid, role text, active bool, since date);
  CREATE TABLE api.o (id uuid, title text, parent uuid, seats int, open bool);
  CREATE FUNCTION private.orgs_of_caller() RETURNS SETOF uuid LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT org FROM api.m WHERE user_id = (SELECT private.try_cast(private.claim('user_id'), NULL::int)) AND active $$;
  CREATE FUNCTION private.visible_orgs() RETURNS SETOF uuid LANGUAGE sql STABLE AS $$ SELECT id FROM api.o WHERE open $$;
  CREATE FUNCTION private.has_role(wanted text, of_org uuid) RETURNS bool LANGUAGE sql STABLE SECURITY DEFINER AS $$
    SELECT EXISTS (SELECT 1 FROM api.m WHERE m.org = of_org AND m.role = wanted AND m.user_id = private.uid()) $$;
  CREATE FUNCTION private.sees_org(which uuid) RETURNS bool LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM api.o WHERE o.id = which) $$;
  CREATE FUNCTION private.strictly(which uuid) RETURNS bool LANGUAGE sql STABLE STRICT AS $$
    SELECT which IS NULL OR which = '00000000-0000-4000-8000-000000000001' $$;
  CREATE FUNCTION private.whom() RETURNS text LANGUAGE sql STABLE AS $$ SELECT current_user::text $$;
  CREATE FUNCTION private.whom_definer() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER AS $$ SELECT current_user::text || '' $$;
  GRANT SELECT ON api.m, api.o TO anon, member, keeper;`;
