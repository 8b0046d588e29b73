import { expect, it } from 'vitest';
import { changesLogin, runPrivileged } from '../../../import/laboratory/privileged.ts';
import { parseSql } from '../../../postgres/parse-sql.ts';

const parsed = async (sql: string) => (await parseSql({ file: 'dump.sql', sql }))[0]!;

it.each([
  ['CREATE EXTENSION earthdistance', 'elevated'],
  ['ALTER ROLE chief SUPERUSER', 'elevated'],
  ['ALTER TABLE t OWNER TO chief', 'elevated'],
  ['ALTER FUNCTION f() OWNER TO chief', 'elevated'],
  ["ALTER ROLE authenticator SET pgrst.db_schemas = 'api'", 'elevated'],
  ["CREATE FUNCTION f() RETURNS int LANGUAGE sql LEAKPROOF AS 'SELECT 1'", 'elevated'],
  ["ALTER ROLE postgres SET session_preload_libraries = '/tmp/x.so'", 'skipped'],
  ["ALTER DATABASE shop SET plperl.on_plperl_init = 'x'", 'skipped'],
  ['GRANT postgres TO member', 'skipped'],
  ['GRANT EXECUTE ON FUNCTION pg_read_file(text) TO member', 'skipped'],
  ['CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()', 'skipped'],
  ["ALTER SYSTEM SET archive_command = 'id'", 'skipped'],
  ['ALTER FUNCTION f() OWNER TO CURRENT_USER', 'refused'],
  ['ALTER FUNCTION f() OWNER TO secured_postgrest_import', 'refused'],
  ["CREATE FUNCTION f() RETURNS int LANGUAGE c AS '/tmp/x.so', 'f'", 'refused'],
  ["CREATE FUNCTION f() RETURNS int LANGUAGE plpython3u AS 'pass'", 'refused'],
  ['CREATE CAST (int AS internal) WITHOUT FUNCTION', 'refused'],
  ['GRANT SELECT ON pg_authid TO member', 'refused'],
  ['CREATE POLICY p ON t USING (true)', 'refused'],
  ['DO $$ BEGIN END $$', 'refused'],
  ['INSERT INTO t VALUES (1)', 'refused'],
  ['SELECT f()', 'refused'],
])('where the login may not, "%s" is %s', async (sql, how) => {
  expect(runPrivileged(await parsed(sql))).toBe(how);
});

it('a dump does not change the role that runs it', async () => {
  expect(changesLogin(await parsed("ALTER ROLE postgres PASSWORD 'x'"))).toBe(true);
  expect(changesLogin(await parsed("ALTER ROLE member PASSWORD 'x'"))).toBe(false);
});
