import type pg from 'pg';
import { expect, it } from 'vitest';
import { untilSchemaRead } from '../../../apply/schema-reads.ts';
import { connect } from '../../../postgres/connect.ts';
import { ADMINS, useCluster, type TestDatabase } from '../../support/database.ts';
import { notes } from '../../support/notes.ts';

const cluster = useCluster();
const READS_SCHEMA = 'SELECT count(*) FROM pg_catalog.pg_class, pg_sleep(0.3)';

/** A session of a server, such as the one that listens. */
async function server(database: TestDatabase, query: string): Promise<pg.Client> {
  const user = `${database.name}_authenticator`;
  await database.sql(`ALTER ROLE ${user} PASSWORD 'of a server in this test'`);
  const client = await connect({ ...database.superuser, user, password: 'of a server in this test' });
  await client.query(query);
  return client;
}

const until = async (database: TestDatabase, timeoutMs: number) => {
  const admin = await connect(database.admin);
  const options = { authenticator: `${database.name}_authenticator`, timeoutMs };
  return untilSchemaRead(admin, options).finally(() => admin.end());
};

async function deployed(admin: (typeof ADMINS)[number]) {
  const database = await cluster.database(admin);
  await database.apply(notes(database.name));
  return database;
}

it.each(ADMINS)('as %s, nobody is waited for where no server listens', async (admin) => {
  expect(await until(await deployed(admin), 100)).toEqual([]);
});

it.each(ADMINS)(
  'as %s, a server that listens and reads nothing is waited for until the time is over, and named',
  async (admin) => {
    const database = await deployed(admin);
    const listener = await server(database, 'LISTEN "pgrst"');
    expect(await until(database, 600)).toEqual(['127.0.0.1']);
    await listener.end();
  },
);

it.each(ADMINS)('as %s, a transaction that began before does not count, one that begins later does', async (admin) => {
  const database = await deployed(admin);
  const listener = await server(database, 'LISTEN "pgrst"');
  const pool = await server(database, 'BEGIN');
  await pool.query(READS_SCHEMA);
  let notified = 0;
  listener.on('notification', () => notified++);
  const reading = until(database, 20_000);
  let isRead = false;
  void reading.then(() => (isRead = true));
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(isRead).toBe(false);
  // What was read before the change may not be what is read next.
  expect(notified).toBeGreaterThan(0);
  await pool.query('COMMIT');
  await pool.query('BEGIN');
  await pool.query(READS_SCHEMA);
  expect(isRead).toBe(false);
  await pool.query('COMMIT');
  expect(await reading).toEqual([]);
  await Promise.all([listener.end(), pool.end()]);
});

it.each(ADMINS)('as %s, a server is waited for while another of its sessions begins', async (admin) => {
  const database = await deployed(admin);
  const listener = await server(database, 'LISTEN "pgrst"');
  const lock = await connect(database.superuser);
  await lock.query(`
    CREATE FUNCTION public.begin_slowly() RETURNS event_trigger LANGUAGE plpgsql AS $$
    BEGIN IF session_user = '${database.name}_authenticator' THEN PERFORM pg_advisory_lock(1); END IF; END $$;
    CREATE EVENT TRIGGER begin_slowly ON login EXECUTE FUNCTION public.begin_slowly();
    SELECT pg_advisory_lock(1)`);
  const beginning = server(database, 'SELECT 1');
  const withoutState = `SELECT FROM pg_stat_activity WHERE datname = current_database() AND state IS NULL`;
  await expect.poll(async () => (await lock.query(withoutState)).rowCount).toBe(1);
  expect(await until(database, 600)).toEqual(['127.0.0.1']);
  await lock.query('DROP EVENT TRIGGER begin_slowly; SELECT pg_advisory_unlock(1)');
  await Promise.all([listener, await beginning, lock].map((client) => client.end()));
});
