-- A server whose login may do nearly everything, and reaches neither programs nor files of the machine.

-- name: make_login
CREATE ROLE :"login" LOGIN CREATEROLE CREATEDB REPLICATION BYPASSRLS PASSWORD :'verifier';
ALTER DATABASE :"database" OWNER TO :"login";
GRANT SET ON PARAMETER session_replication_role TO :"login";
GRANT pg_read_all_data, pg_write_all_data, pg_monitor TO :"login" WITH ADMIN OPTION
-- name: close_extensions
-- Functions of trusted extensions belong to the superuser. A deploy would take them from PUBLIC, which the login cannot: they are
-- taken from PUBLIC and given to all roles as soon as they are made.
CREATE SCHEMA :"superuser";
CREATE FUNCTION :"superuser".close_extensions() RETURNS event_trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
  grantees CONSTANT text := (SELECT string_agg(quote_ident(rolname), ', ') FROM pg_roles WHERE rolname !~ '^pg_' AND NOT rolsuper);
  routine regprocedure;
BEGIN
  FOR routine IN
    SELECT p.oid FROM pg_depend AS d JOIN pg_proc AS p ON p.oid = d.objid JOIN pg_roles AS r ON r.oid = p.proowner
    WHERE d.classid = 'pg_proc'::regclass AND d.deptype = 'e' AND p.oid >= 16384 AND r.rolname = current_user
      AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a WHERE a.grantee = 0)
  LOOP
    EXECUTE format('REVOKE EXECUTE ON ROUTINE %s FROM PUBLIC', routine);
    EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO %s', routine, grantees);
  END LOOP;
END
$function$;
CREATE EVENT TRIGGER close_extensions ON ddl_command_end WHEN TAG IN ('CREATE EXTENSION')
  EXECUTE FUNCTION :"superuser".close_extensions()
-- name: untrusted_extensions
-- Extensions that only a superuser can create.
SELECT e.extname AS name, n.nspname AS schema FROM pg_extension AS e JOIN pg_namespace AS n ON n.oid = e.extnamespace
JOIN pg_available_extension_versions AS v ON v.name = e.extname AND v.version = e.extversion
WHERE v.superuser AND NOT v.trusted ORDER BY e.oid
-- name: add_extension
CREATE SCHEMA IF NOT EXISTS :"schema" AUTHORIZATION :"login";
CREATE EXTENSION :"name" SCHEMA :"schema"
-- name: allow_setting
GRANT SET ON PARAMETER :{parameter} TO :"login"
-- name: search_path
SELECT pg_catalog.current_setting('search_path') AS path
-- name: begin
BEGIN
-- name: set_search_path
SELECT pg_catalog.set_config('search_path', :'path', true)
-- name: other_superusers
SELECT rolname AS name FROM pg_catalog.pg_roles WHERE rolsuper AND rolname <> current_user
-- name: tame
-- No other role is a superuser or reaches files and programs, no function runs as the superuser, and the login may become every role.
SET LOCAL search_path = pg_catalog, pg_temp;
SELECT set_config('import.login', :'login', true);
DO $do$
DECLARE
  login CONSTANT name := current_setting('import.login');
  found record;
BEGIN
  FOR found IN SELECT rolname FROM pg_roles WHERE rolsuper AND rolname <> current_user LOOP
    EXECUTE format('ALTER ROLE %I NOSUPERUSER BYPASSRLS', found.rolname);
  END LOOP;
  FOR found IN
    SELECT g.rolname AS granted, m.rolname AS member
    FROM pg_auth_members AS a JOIN pg_roles AS g ON g.oid = a.roleid JOIN pg_roles AS m ON m.oid = a.member
    WHERE g.rolname IN ('pg_execute_server_program', 'pg_read_server_files', 'pg_write_server_files', current_user)
  LOOP
    EXECUTE format('REVOKE %I FROM %I CASCADE', found.granted, found.member);
  END LOOP;
  FOR found IN
    SELECT p.oid::regprocedure AS routine FROM pg_proc AS p JOIN pg_roles AS r ON r.oid = p.proowner
    WHERE r.rolname = current_user AND p.oid >= 16384
      AND NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  LOOP
    EXECUTE format('ALTER ROUTINE %s OWNER TO %I', found.routine, login);
  END LOOP;
  FOR found IN
    SELECT r.rolname FROM pg_roles AS r
    WHERE r.rolname NOT LIKE 'pg\_%' AND r.rolname NOT IN (current_user, login) AND NOT pg_has_role(r.oid, login, 'MEMBER')
      AND NOT EXISTS (SELECT FROM pg_auth_members AS a JOIN pg_roles AS m ON m.oid = a.member
        WHERE a.roleid = r.oid AND m.rolname = login AND a.admin_option)
  LOOP
    EXECUTE format('GRANT %I TO %I WITH ADMIN OPTION', found.rolname, login);
  END LOOP;
END
$do$
