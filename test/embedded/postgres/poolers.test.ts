import { afterEach, describe, expect, it } from 'vitest';
import { applyDeclaration, auditDatabase, createRoles, diffDeclaration } from '../../../apply/index.ts';
import { connect } from '../../../postgres/connect.ts';
import { serverSettings } from '../../../compile/server/settings.ts';
import { observeDatabase } from '../../../apply/observe-database.ts';
import { reloadServers } from '../../../apply/reload.ts';
import { untilServersListen } from '../../../apply/server-listeners.ts';
import type { LocalConnection } from '../../../testing/servers/postgres-server.ts';
import { startPostgrest } from '../../../testing/index.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { accessState, useCluster, type TestDatabase } from '../../support/database.ts';
import { since13, version } from '../../support/embedded-postgrest.ts';
import { rejection } from '../../support/errors.ts';
import { notes } from '../../support/notes.ts';
import { type PgBouncer, skipPgBouncer, startPgBouncer } from '../../support/pgbouncer.ts';

const cluster = useCluster();

let pgbouncer: PgBouncer;
afterEach(() => pgbouncer.stop());

async function behindPgBouncer(
  settings: Readonly<Record<string, string | number>>,
): Promise<{ database: TestDatabase; pooled: LocalConnection }> {
  const database = await cluster.database('database owner');
  pgbouncer = await startPgBouncer([database.admin], settings);
  return { database, pooled: { ...database.admin, port: pgbouncer.port } };
}

const backends = (database: TestDatabase) =>
  database.sql(
    `SELECT pid, query FROM pg_stat_activity WHERE datname = '${database.name}' AND usename = '${database.name}_admin'`,
  );
const advisoryLocks = (database: TestDatabase) =>
  database.sql(`SELECT FROM pg_locks AS l JOIN pg_database AS d ON d.oid = l.database
    WHERE locktype = 'advisory' AND datname = '${database.name}'`);

describe.skipIf(skipPgBouncer)('PgBouncer', () => {
  const shared = [
    ['transaction', {}],
    ['transaction', { default_pool_size: 1 }],
    ['transaction', { server_round_robin: 1, min_pool_size: 2, default_pool_size: 2 }],
    ['transaction', { server_round_robin: 1, min_pool_size: 3 }],
    ['statement', {}],
  ] as const;

  it.each(shared)('in %s mode (%o) is rejected before anything is locked, set or changed', async (mode, more) => {
    const { database, pooled } = await behindPgBouncer({ pool_mode: mode, ...more });
    const declaration = notes(database.name);
    const before = await accessState(database);
    for (const run of [
      () => applyDeclaration(pooled, declaration),
      () => applyDeclaration(pooled, declaration, { passwords: { authenticator: 'made here' } }),
      () => diffDeclaration(pooled, declaration),
      () => auditDatabase(pooled, declaration),
      () => observeDatabase(pooled, declaration, 'mine'),
      () => reloadServers(pooled),
    ]) {
      const error = await rejection(run());
      expect(error.code).toBe('transaction_pooler');
      expect(error.message).toContain(`postgres at 127.0.0.1:${pgbouncer.port}: a pooler changes the backend`);
      expect(error.message).toContain('use session mode or a direct connection');
    }
    expect(await advisoryLocks(database)).toEqual([]);
    const [backend, ...others] = await backends(database);
    if (others.length === 0)
      expect(backend).toMatchObject({ query: expect.stringContaining('pg_backend_pid') as string });
    if (mode === 'transaction') {
      // What the next client of the pool finds.
      const settings = await withClient(pooled, async (client) => {
        const { rows } = await client.query<{ path: string; timeout: string }>(
          `SELECT current_setting('search_path') AS path, current_setting('lock_timeout') AS timeout`,
        );
        return rows[0];
      });
      expect(settings).toEqual({ path: '"$user", public', timeout: '0' });
    }
    expect(await accessState(database)).toEqual(before);
  });

  it('in transaction mode is rejected while other clients keep its backends busy', async () => {
    const { pooled } = await behindPgBouncer({ pool_mode: 'transaction', default_pool_size: 3 });
    let stopped = false;
    const busy = Array.from({ length: 4 }, () =>
      withClient(pooled, async (client) => {
        while (!stopped) await client.query('SELECT pg_sleep(0.001)');
      }),
    );
    try {
      for (let n = 0; n < 20; n++) expect((await rejection(connect(pooled))).code).toBe('transaction_pooler');
    } finally {
      stopped = true;
      await Promise.all(busy);
    }
  });

  it('in session mode serves deploys', async () => {
    const { database, pooled } = await behindPgBouncer({ pool_mode: 'session' });
    const declaration = notes(database.name);
    await withClient(pooled, (client) => createRoles(client, declaration, { authenticator: 'made here' }));
    expect((await applyDeclaration(pooled, declaration)).migrations).toEqual(['migrations/001_notes.sql']);
    expect(await applyDeclaration(pooled, declaration)).toMatchObject({ migrations: [], changes: 0 });
    expect(await diffDeclaration(pooled, declaration)).toEqual({ migrations: [], statements: [], missing: [] });
    expect(await advisoryLocks(database)).toEqual([]);
  });

  it('in session mode serves a session that takes the last backend', async () => {
    const { pooled } = await behindPgBouncer({ pool_mode: 'session', default_pool_size: 1 });
    await (await connect(pooled)).end();
  });

  it('in session mode serves servers, which hear of a new table', async () => {
    const { database } = await behindPgBouncer({ pool_mode: 'session' });
    await pgbouncer.stop();
    const declaration = notes(database.name);
    await database.apply(declaration);
    const authenticator = { ...database.admin, user: declaration.authenticator };
    pgbouncer = await startPgBouncer([authenticator], { pool_mode: 'session' });
    const { user, password, host } = authenticator;
    const uri = `postgres://${user}:${password}@${host}:${pgbouncer.port}/${database.name}`;
    const places = { databaseUri: uri, jwtSecret: 'x'.repeat(32), port: 1, adminPort: 2, version };
    const server = await startPostgrest({ env: serverSettings(declaration, places) });
    try {
      const answer = async (table: string) =>
        ((await (await fetch(`${server.url}/${table}`)).json()) as { code?: string }).code;
      expect(await answer('notes')).toBe('42501');
      expect(await answer('made_later')).toBe(since13('42P01', 'PGRST205'));
      await database.sql('CREATE TABLE api.made_later (); GRANT SELECT ON api.made_later TO PUBLIC');
      await database.sql(`NOTIFY pgrst, 'reload schema'`);
      await expect.poll(() => answer('made_later')).toBeUndefined();
    } finally {
      await server.stop();
    }
  });

  describe.each(['database owner', 'superuser'] as const)(
    'between servers and Postgres (the admin is the %s)',
    (admin) => {
      it.each([
        ['no pooler', undefined, 1],
        ['no pooler', undefined, 2],
        ['session mode', { pool_mode: 'session' }, 2],
        ['transaction mode', { pool_mode: 'transaction' }, 1],
        ['transaction mode with turns', { pool_mode: 'transaction', server_round_robin: 1, min_pool_size: 3 }, 1],
      ] as const)('%s (%o) is recognized behind %i servers that have just started', async (_, settings, count) => {
        const database = await cluster.database(admin);
        const declaration = notes(database.name);
        await database.apply(declaration);
        const { authenticator } = declaration;
        const { host, port } = database.admin;
        const password = 'made-here';
        await database.sql(`ALTER ROLE ${authenticator} PASSWORD '${password}'`);
        pgbouncer = await startPgBouncer([{ ...database.admin, user: authenticator, password }], settings ?? {});
        const to = settings === undefined ? port : pgbouncer.port;
        const databaseUri = `postgres://${authenticator}:${password}@${host}:${to}/${database.name}`;
        const places = { databaseUri, jwtSecret: 'x'.repeat(32), port: 1, adminPort: 2, version };
        // With prepared statements, which a pooler loses as well, a server may not even start.
        const env = { ...serverSettings(declaration, places), PGRST_DB_PREPARED_STATEMENTS: 'false' };
        const start = () => startPostgrest({ env });
        const before = await accessState(database);
        const servers = await Promise.all(Array.from({ length: count }, start));
        try {
          const listening = untilServersListen(database.admin, { authenticator, servers: count, timeoutSeconds: 3 });
          if (settings?.pool_mode !== 'transaction') return await listening;
          const error = await rejection(listening);
          expect(error.code).toBe('transaction_pooler');
          expect(error.message).toMatch(
            new RegExp(
              `^role ${authenticator}: after 3 s the servers do not act on notifications \\(\\d of ${count} listen\\)`,
            ),
          );
        } finally {
          await Promise.all(servers.map((server) => server.stop()));
          expect(await accessState(database)).toEqual(before);
        }
      });
    },
  );

  it('is not looked for where Postgres does not track what sessions do', async () => {
    const { database } = await behindPgBouncer({ pool_mode: 'session' });
    const declaration = notes(database.name);
    await database.apply(declaration);
    await database.sql(`ALTER ROLE ${declaration.authenticator} SET track_activities = off`);
    const login = { ...database.admin, user: declaration.authenticator };
    await withClient(login, () =>
      untilServersListen(database.admin, { authenticator: login.user, servers: 1, timeoutSeconds: 0 }),
    );
  });
});
