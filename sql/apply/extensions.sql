-- Statements about extensions in migrations, some of which only the admin may run.

-- name: untrusted_extensions
-- Extensions of these names that only a superuser may create, or that need such an extension, and that do not exist yet.
WITH RECURSIVE
  available AS (
    SELECT v.name, v.requires, v.superuser AND NOT v.trusted AND NOT EXISTS (SELECT FROM pg_extension WHERE extname = v.name) AS untrusted
    FROM pg_available_extension_versions AS v
  ),
  needed AS (
    SELECT name AS wanted, name, requires, untrusted FROM available WHERE name = ANY ($1::name[])
    UNION SELECT n.wanted, a.name, a.requires, a.untrusted FROM needed AS n JOIN available AS a ON a.name = ANY (n.requires)
  )
SELECT DISTINCT wanted::text AS name FROM needed AS n
WHERE untrusted AND NOT EXISTS (SELECT FROM pg_extension WHERE extname = n.wanted)
-- name: unsafe_schemas
-- Schemas in which the script of the extension $1 finds names, and which have functions or operators of other roles. Its
-- creation names the schema $2, unless the extension has its own.
WITH
  control AS (SELECT schema, requires FROM pg_available_extension_versions WHERE name = $1),
  used AS (
    SELECT coalesce((SELECT min(schema) FROM control), $2::name) AS schema
    UNION SELECT n.nspname FROM control AS c JOIN pg_extension AS e ON e.extname = ANY (c.requires) JOIN pg_namespace AS n ON n.oid = e.extnamespace
  ),
  called AS (
    SELECT pronamespace AS schema, proowner AS owner FROM pg_proc UNION SELECT oprnamespace, oprowner FROM pg_operator
  )
SELECT n.nspname::text AS schema FROM used JOIN pg_namespace AS n ON n.nspname = used.schema
WHERE EXISTS (SELECT FROM called AS c JOIN pg_roles AS r ON r.oid = c.owner WHERE c.schema = n.oid AND NOT r.rolsuper AND r.rolname <> session_user)
ORDER BY 1
-- name: fixed_schema
-- The schema that an extension brings itself.
SELECT schema::text FROM pg_available_extension_versions WHERE name = $1 AND schema IS NOT NULL
-- name: create_extension
CREATE EXTENSION :{if_not_exists} :"name" :{options}
-- name: comment_on_extension
COMMENT ON EXTENSION :"name" IS :'comment'
-- name: migration_settings
-- Settings that a migration has made so far, and the schema in which it creates objects.
SELECT pg_catalog.current_schema()::text AS schema, ARRAY(
  SELECT pg_catalog.json_build_object('name', name, 'value', setting) FROM pg_catalog.pg_settings WHERE source = 'session') AS settings
-- name: restore_setting
SELECT pg_catalog.set_config(:'name', :'value', false)
