import type pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { reachOf, type Reach } from '../../../audit/anywhere/reach.ts';
import { readSurvey } from '../../../audit/anywhere/read-survey.ts';
import { COMMANDS, type Survey } from '../../../audit/anywhere/survey.ts';
import { configureSession } from '../../../postgres/session.ts';
import { withClient } from '../../../postgres/with-client.ts';
import type { LocalConnection } from '../../../testing/servers/postgres-server.ts';
import { useCluster } from '../../support/database.ts';

const ROLES = [
  'plain',
  'owning',
  'inheriting',
  'not_inheriting',
  'not_inheriting_one',
  'twice_removed',
  'reading_all',
  'writing_all',
  'without_usage',
  'bypassing',
  'almighty',
] as const;

const DATABASE = `
  ${ROLES.map((role) => `CREATE ROLE ${role};`).join(' ')}
  CREATE ROLE readers; CREATE ROLE readers_of_readers;
  ALTER ROLE not_inheriting NOINHERIT; ALTER ROLE bypassing BYPASSRLS; ALTER ROLE almighty SUPERUSER;
  GRANT readers TO readers_of_readers, inheriting, not_inheriting;
  GRANT readers TO not_inheriting_one WITH INHERIT FALSE;
  GRANT readers_of_readers TO twice_removed;
  GRANT pg_read_all_data TO reading_all; GRANT pg_write_all_data TO writing_all;
  CREATE SCHEMA open; CREATE SCHEMA closed;
  GRANT USAGE ON SCHEMA open TO PUBLIC;
  REVOKE ALL ON SCHEMA closed FROM PUBLIC;
  CREATE TABLE open.of_public (a int, b int); GRANT SELECT ON open.of_public TO PUBLIC;
  CREATE TABLE open.of_readers (a int, b int); GRANT SELECT, INSERT ON open.of_readers TO readers;
  CREATE TABLE open.of_columns (a int, b int); GRANT SELECT (a), UPDATE (b) ON open.of_columns TO readers; GRANT INSERT (a) ON open.of_columns TO PUBLIC;
  CREATE TABLE open.of_owner (a int, b int); ALTER TABLE open.of_owner OWNER TO owning; ALTER TABLE open.of_owner ENABLE ROW LEVEL SECURITY;
  CREATE TABLE open.forced (a int, b int); ALTER TABLE open.forced OWNER TO owning; ALTER TABLE open.forced ENABLE ROW LEVEL SECURITY;
  ALTER TABLE open.forced FORCE ROW LEVEL SECURITY;
  CREATE TABLE open.revoked (a int, b int); ALTER TABLE open.revoked OWNER TO owning; REVOKE ALL ON open.revoked FROM owning;
  CREATE TABLE closed.of_public (a int, b int); GRANT ALL ON closed.of_public TO PUBLIC; ALTER TABLE closed.of_public ENABLE ROW LEVEL SECURITY;
  CREATE FUNCTION open.of_public() RETURNS int LANGUAGE sql AS 'SELECT 1';
  CREATE FUNCTION open.of_readers() RETURNS int LANGUAGE sql AS 'SELECT 1'; REVOKE EXECUTE ON FUNCTION open.of_readers FROM PUBLIC;
  GRANT EXECUTE ON FUNCTION open.of_readers TO readers;
  CREATE FUNCTION closed.of_public() RETURNS int LANGUAGE sql AS 'SELECT 1';
  CREATE POLICY of_readers ON open.of_owner FOR SELECT TO readers USING (true);
  CREATE POLICY of_all ON open.of_owner USING (true);`;

describe('who reaches what is as Postgres has it', () => {
  const cluster = useCluster();
  let survey: Survey;
  let reach: Reach;
  let connection: LocalConnection;
  let ask: (sql: string) => Promise<readonly Readonly<Record<string, unknown>>[]>;

  beforeAll(async () => {
    const database = await cluster.database();
    await database.sql(DATABASE);
    survey = await withClient(database.superuser, async (client: pg.ClientBase) => {
      await configureSession(client);
      return readSurvey(client);
    });
    reach = reachOf(survey, { schemas: ['open'] });
    ask = (sql) => database.sql(sql);
    connection = database.superuser;
  });

  const own = () =>
    survey.relations.filter(({ schema, name }) => ['open', 'closed'].includes(schema) && name !== 'revoked');

  test.each(ROLES)('commands of the role %s', async (role) => {
    const rows = await ask(`
      SELECT c.relnamespace::regnamespace || '.' || c.relname || ' ' || command AS reached
      FROM pg_class AS c CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) AS command
      WHERE c.relkind = 'r' AND c.relname <> 'revoked' AND c.relnamespace IN ('open'::regnamespace, 'closed'::regnamespace)
        AND has_schema_privilege('${role}', c.relnamespace, 'USAGE')
        AND (has_table_privilege('${role}', c.oid, command) OR (command <> 'DELETE' AND has_any_column_privilege('${role}', c.oid, command)))
      ORDER BY 1`);
    const found = own().flatMap((relation) =>
      COMMANDS.filter((command) => reach.may(role, relation, command)).map(
        (command) => `${relation.schema}.${relation.name} ${command.toUpperCase()}`,
      ),
    );
    expect(found.sort()).toEqual(rows.map(({ reached }) => reached).sort());
  });

  test.each(ROLES)('columns of the role %s', async (role) => {
    const rows = await ask(`
      SELECT command || ' ' || a.attname AS reached FROM pg_attribute AS a CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE']) AS command
      WHERE a.attrelid = 'open.of_columns'::regclass AND a.attnum > 0 AND has_schema_privilege('${role}', 'open', 'USAGE')
        AND has_column_privilege('${role}', a.attrelid, a.attnum, command)`);
    const table = own().find(({ name }) => name === 'of_columns')!;
    const found = reach
      .access(role, table)
      .filter(({ command }) => command !== 'delete')
      .flatMap(({ command, columns = ['a', 'b'] }) => columns.map((column) => `${command.toUpperCase()} ${column}`));
    expect(found.sort()).toEqual(rows.map(({ reached }) => reached).sort());
  });

  test.each(ROLES)('functions of the role %s', async (role) => {
    const rows = await ask(`
      SELECT p.oid::regprocedure::text AS reached FROM pg_proc AS p
      WHERE p.pronamespace IN ('open'::regnamespace, 'closed'::regnamespace)
        AND has_schema_privilege('${role}', p.pronamespace, 'USAGE') AND has_function_privilege('${role}', p.oid, 'EXECUTE')`);
    const found = survey.functions.filter((fn) => reach.calls(role, fn)).map(({ signature }) => signature);
    expect(found.sort()).toEqual(rows.map(({ reached }) => reached).sort());
  });

  test.each(ROLES)('whether policies bind the role %s', async (role) => {
    const readable = own().filter(({ schema }) => schema === 'open');
    const active = await withClient(connection, async (client) => {
      await client.query(`SET ROLE ${role}`);
      const names = readable.map(({ schema, name }) => `${schema}.${name}`);
      const { rows } = await client.query<{ active: boolean }>(
        'SELECT row_security_active(name) AS active FROM unnest($1::text[]) WITH ORDINALITY AS n(name, position) ORDER BY position',
        [names],
      );
      return rows.map((row) => row.active);
    });
    expect(readable.map((relation) => !reach.isUnbound(role, relation))).toEqual(active);
  });

  test('policies bind by role, by inheritance and by PUBLIC', () => {
    const table = own().find(({ name }) => name === 'of_owner')!;
    const names = (role: string, command: 'select' | 'update') =>
      reach.policies(role, table, command).map(({ name }) => name);
    expect(names('inheriting', 'select')).toEqual(['of_all', 'of_readers']);
    expect(names('twice_removed', 'select')).toEqual(['of_all', 'of_readers']);
    expect(names('not_inheriting', 'select')).toEqual(['of_all']);
    expect(names('inheriting', 'update')).toEqual(['of_all']);
  });

  test('an owner counts as reaching a table of which it has revoked its own rights', () => {
    const table = survey.relations.find(({ name }) => name === 'revoked')!;
    expect(reach.may('owning', table, 'select')).toBe(true);
    expect(reach.may('plain', table, 'select')).toBe(false);
  });

  test('only exposed schemas are named by requests', () => {
    expect(reach.isExposed({ schema: 'open' })).toBe(true);
    expect(reach.isExposed({ schema: 'closed' })).toBe(false);
  });
});
