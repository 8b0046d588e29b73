import { expect, it } from 'vitest';
import { applyDeclaration, auditDatabase, createRoles } from '../../../apply/index.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { useCluster } from '../../support/database.ts';
import { rejection } from '../../support/errors.ts';
import { notes } from '../../support/notes.ts';

const cluster = useCluster();

async function strangeDatabase() {
  const database = await cluster.database();
  const name = `The "role" database of ${database.name}`;
  await database.sql(`CREATE DATABASE "${name.replaceAll('"', '""')}"`);
  const connection = { ...database.superuser, database: name };
  const sql = (text: string) => withClient(connection, (client) => client.query(text));
  return { prefix: database.name, name, connection, sql };
}

it('the fixes of findings run as they are printed, whatever the names are', async () => {
  const { prefix, connection, sql } = await strangeDatabase();
  const declaration = notes(prefix);
  await withClient(connection, (client) => createRoles(client, declaration, { authenticator: 'made here' }));
  await applyDeclaration(connection, declaration);
  const table = `"${declaration.privateSchema}".migrations`;
  await sql(`
    CREATE POLICY "a ""Policy" ON ${table};
    CREATE FUNCTION public.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER "a ""Trigger" BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION public.nothing();
    CREATE RULE "a ""Rule" AS ON DELETE TO ${table} DO ALSO NOTHING;
    CREATE ROLE "${prefix} ""Someone";
    CREATE FUNCTION public.event() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';
    ALTER FUNCTION public.event() OWNER TO "${prefix} ""Someone";
    CREATE EVENT TRIGGER "an ""Event" ON ddl_command_end EXECUTE FUNCTION public.event();
    ALTER DATABASE "${connection.database.replaceAll('"', '""')}" SET row_security = off;
    ALTER ROLE ALL SET session_replication_role = replica;
  `);
  const rules = ['own_table_changed', 'event_trigger', 'weakening_setting'];
  const planted = async () => (await auditDatabase(connection, declaration)).filter(({ rule }) => rules.includes(rule));
  const found = await planted();
  const counts = rules.map((rule) => found.filter((finding) => finding.rule === rule).length);
  expect(counts).toEqual([3, 1, 2]);
  for (const { fix } of found) {
    for (const statement of fix.sql) await sql(statement);
  }
  expect(await planted()).toEqual([]);
});

it('the statement that gives an admin the database runs as it is printed', async () => {
  const { prefix, name, connection, sql } = await strangeDatabase();
  await sql(`CREATE ROLE "${prefix} ""Admin" LOGIN CREATEROLE PASSWORD 'made here'`);
  const admin = { ...connection, user: `${prefix} "Admin`, password: 'made here' };
  const error = await rejection(auditDatabase(admin, notes(prefix)));
  expect(error.code).toBe('unsupported_database');
  expect(error.message).toContain(`database ${name}: "${admin.user}" does not own it; run ALTER DATABASE`);
  await sql(/; run (ALTER .*) \[/.exec(error.message)![1]!);
  expect((await rejection(auditDatabase(admin, notes(prefix)))).code).toBe('missing_role');
});
