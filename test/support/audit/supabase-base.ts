/** What makes a database one of Supabase, in the eyes of the audit; its schema `public` is the exposed one. */
export const SUPABASE = `
  RESET ROLE;
  CREATE ROLE service_role BYPASSRLS;
  GRANT service_role TO authenticator;
  ALTER ROLE authenticator RESET pgrst.db_schemas;
  CREATE SCHEMA auth;
  GRANT USAGE ON SCHEMA public TO anon, member, service_role;
  GRANT USAGE, CREATE ON SCHEMA public TO owner;
  SET ROLE owner;`;
