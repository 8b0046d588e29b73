import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { applyDeclaration, diffDeclaration } from '../../../apply/index.ts';
import { connect } from '../../../postgres/connect.ts';
import { reloadServers } from '../../../apply/reload.ts';
import { lock, configureSession } from '../../../postgres/session.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { useCluster, type TestDatabase } from '../../support/database.ts';
import { rejection } from '../../support/errors.ts';
import { notes, notesInput, notesMigration } from '../../support/notes.ts';

const cluster = useCluster();
const nothing = { migrations: [], statements: [], missing: [] };

/** A session that holds what `sql` takes until `release`. */
async function holding(database: TestDatabase, sql: string) {
  const client = new pg.Client(database.superuser);
  await client.connect();
  await client.query(`BEGIN; ${sql}`);
  return { release: () => client.end() };
}

const withoutGrants = (database: TestDatabase) =>
  notes(database.name, { tables: [{ ...notesInput(database.name).tables![0]!, grants: [], policies: [] }] });

describe('runs at the same time', () => {
  it('wait for each other, and both succeed', async () => {
    const database = await cluster.database();
    await database.apply(notes(database.name, { tables: [], migrations: [] }));
    const declaration = notes(database.name, {
      migrations: [notesMigration, { file: 'migrations/002.sql', sql: 'SELECT pg_sleep(0.5)' }],
    });
    const results = await Promise.all([1, 2, 3].map(() => applyDeclaration(database.admin, declaration)));
    expect(results.map(({ migrations }) => migrations.length).sort()).toEqual([0, 0, 2]);
    expect(await diffDeclaration(database.admin, declaration)).toEqual(nothing);
  });

  it('on two declarations of one cluster do not fail each other', async () => {
    const databases = [await cluster.database(), await cluster.database(), await cluster.database()];
    await Promise.all(databases.map((database) => database.apply(notes(database.name))));
    for (const database of databases)
      expect(await diffDeclaration(database.admin, notes(database.name))).toEqual(nothing);
  });

  it('say who holds the lock', async () => {
    const database = await cluster.database();
    const declaration = notes(database.name);
    const [first, second] = [await connect(database.admin), await connect(database.admin)];
    try {
      for (const client of [first, second]) await configureSession(client);
      await lock(first, declaration.name);
      const error = await rejection(lock(second, declaration.name, 50));
      expect(error.code).toBe('database_locked');
      expect(error.message).toMatch(/another run holds the lock by process \d+ from 127\.0\.0\.1/);
      await first.end();
      await lock(second, declaration.name);
    } finally {
      await Promise.all([first.end(), second.end()]);
    }
  });
});

describe('a table that is in use', () => {
  it('is waited for', async () => {
    const database = await cluster.database();
    await database.apply(notes(database.name));
    await database.sql('ALTER TABLE api.notes NO FORCE ROW LEVEL SECURITY');
    const reader = await holding(database, 'SELECT * FROM api.notes');
    const run = applyDeclaration(database.admin, notes(database.name));
    setTimeout(() => void reader.release(), 1500);
    expect((await run).changes).toBe(1);
  });

  it('for too long fails the run, and nothing is changed', async () => {
    const database = await cluster.database();
    await database.apply(notes(database.name));
    const reader = await holding(database, 'SELECT * FROM api.notes');
    try {
      const error = await rejection(applyDeclaration(database.admin, withoutGrants(database)));
      expect(error.code).toBe('access_sql_failed');
      expect(error.message).toMatch(/^api\.notes.*: canceling statement due to lock timeout/);
      // Requests went on meanwhile, and still do.
      const user = `${database.name}_user`;
      expect(await database.request(user, { user_id: 1 }, 'SELECT id FROM api.notes')).toEqual([{ id: 1 }]);
    } finally {
      await reader.release();
    }
    expect(await diffDeclaration(database.admin, notes(database.name))).toEqual(nothing);
  }, 90_000);

  it('keeps a migration outside of a transaction from nothing but its own turn', async () => {
    const database = await cluster.database();
    await database.apply(notes(database.name));
    const declaration = notes(database.name, {
      migrations: [notesMigration, { file: 'migrations/002.sql', sql: 'VACUUM FULL notes' }],
    });
    const reader = await holding(database, 'SELECT * FROM api.notes');
    setTimeout(() => void reader.release(), 6000);
    expect((await applyDeclaration(database.admin, declaration)).migrations).toEqual(['migrations/002.sql']);
    expect(await diffDeclaration(database.admin, declaration)).toEqual(nothing);
  });
});

describe('the running servers', () => {
  it('are told of a change, and only then', async () => {
    const database = await cluster.database();
    const declaration = notes(database.name);
    await database.apply(notes(database.name, { tables: [], migrations: [] }));
    await withClient(database.superuser, async (client) => {
      const heard: (string | undefined)[] = [];
      client.on('notification', ({ channel, payload }) => heard.push(`${channel}: ${payload}`));
      await client.query('LISTEN pgrst');
      await applyDeclaration(database.admin, declaration);
      await client.query('SELECT 1');
      expect(heard).toEqual(['pgrst: reload schema']);
      await applyDeclaration(database.admin, declaration);
      await client.query('SELECT 1');
      expect(heard).toHaveLength(1);
      await reloadServers(database.admin);
      await client.query('SELECT 1');
      expect(heard.slice(1)).toEqual(['pgrst: reload config']);
    });
  });
});

describe('what others have left in the database', () => {
  it('is not called by the runner', async () => {
    const database = await cluster.database();
    const declaration = notes(database.name);
    // Functions and operators that whoever may create in a schema of the search path could make; the runner's roles find them.
    await database.sql(`CREATE SCHEMA evil; CREATE TABLE evil.called (what text); CREATE ROLE ${declaration.owner};
      GRANT ALL ON SCHEMA evil TO ${declaration.owner}; GRANT ALL ON evil.called TO ${declaration.owner}`);
    const evil = (signature: string, result: string) => `CREATE FUNCTION evil.${signature} RETURNS ${result}
      LANGUAGE plpgsql AS $$ BEGIN INSERT INTO evil.called VALUES ('${signature}'); RETURN NULL; END $$;`;
    await database.sql(
      evil('set_config(text, text, boolean)', 'text') +
        evil('pg_advisory_lock(bigint)', 'void').replace('RETURN NULL', 'RETURN') +
        evil('hashtextextended(text, bigint)', 'bigint') +
        evil('hashtextextended(text, int)', 'bigint') +
        evil('current_database()', 'name') +
        evil('concat_text(text, text)', 'text') +
        `CREATE OPERATOR evil.|| (LEFTARG = text, RIGHTARG = text, FUNCTION = evil.concat_text)`,
    );
    await database.sql(`ALTER DATABASE ${database.name} SET search_path = evil, pg_catalog`);
    await database.sql(`ALTER DATABASE ${database.name} SET quote_all_identifiers = on`);
    await database.sql(`ALTER DATABASE ${database.name} SET default_transaction_read_only = on`);
    await database.apply(declaration);
    expect(await diffDeclaration(database.admin, declaration)).toEqual(nothing);
    await reloadServers(database.admin);
    expect(await database.sql('SELECT * FROM evil.called')).toEqual([]);
  });
});
