import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { DatabaseConnection } from '../../../postgres/connect.ts';
import declaration from '../../../examples/todos/declaration.ts';
import { startEphemeralPostgrest, startPostgres, type PostgresServer } from '../../../testing/index.ts';
import { removeAbandoned } from '../../../testing/servers/remove-abandoned.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { sqlFile } from '../../../declaration/index.ts';
import { connectionOf } from '../../support/connection-of.ts';
import { compiled } from '../../support/compiled.ts';
import { sample } from '../../support/fuzz.ts';
import { processesBelow } from './traces.ts';

const seed = [sqlFile('examples/todos/seed.sql')];
let postgres: PostgresServer;

beforeAll(async () => {
  postgres = await startPostgres();
});
afterAll(() => postgres.stop());

const sql = <Row>(text: string) =>
  withClient(postgres.connection('postgres'), async (client) => (await client.query(text)).rows as Row[]);

async function remains(): Promise<string[]> {
  const rows = await sql<{ name: string }>(
    `SELECT datname AS name FROM pg_database WHERE datname ~ 'todos' UNION ALL
     SELECT rolname FROM pg_roles WHERE rolname ~ 'todos' ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

const start = (admin: DatabaseConnection = postgres.connection('postgres')) =>
  startEphemeralPostgrest(declaration, { seed, backend: { existing: admin } });

/** Starts a process with an environment, which ends in the way that is asked for. */
async function startProgram(how: string) {
  const child = spawn(process.execPath, [compiled('test/embedded/testing/programs/on-existing.js'), how], {
    env: { ...process.env, CONNECTION: JSON.stringify(postgres.connection('postgres')) },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'exit');
  await once(child.stdout, 'data');
  return { child, ended };
}

async function titles(api: Awaited<ReturnType<typeof start>>): Promise<unknown> {
  const ann = await api.as('todos_user', { user_id: 1 });
  return (await ann.fetch('/todos?select=title&order=title')).json();
}

describe('an environment on an existing Postgres', () => {
  afterEach(async () => expect(await remains()).toEqual([]));

  it('serves, is remembered and copied, and leaves no database and no role', async () => {
    const api = await start();
    const rows = await titles(api);
    expect(rows).toContainEqual({ title: 'buy milk' });
    await api.snapshot();
    await api.sql('DELETE FROM api.todos');
    const clone = await api.clone();
    expect(await titles(clone)).toEqual(rows);
    expect(await titles(api)).toEqual([]);
    await api.restore();
    expect(await titles(api)).toEqual(rows);
    await api.stop();
  });

  it('shares the server with others of the same roles', async () => {
    const apis = await Promise.all([start(), start(), start()]);
    await apis[0].sql('DELETE FROM api.todos');
    await apis[0].stop();
    expect(await remains()).toContain('todos_user');
    for (const api of apis.slice(1)) expect(await titles(api)).toContainEqual({ title: 'buy milk' });
    // A session that is opened only now gets in with the same password.
    const late = await start();
    expect(await titles(apis[1])).toContainEqual({ title: 'buy milk' });
    await Promise.all([late, ...apis].map((api) => api.stop()));
  });

  it('is dropped with what would keep its database: subscriptions, prepared transactions', async () => {
    await using server = await startPostgres({ settings: { max_prepared_transactions: '5' } });
    const begin = async () => {
      const api = await start(server.connection('postgres'));
      await api.sql(`CREATE SUBSCRIPTION "it's" CONNECTION 'dbname=none' PUBLICATION p WITH (connect = false)`);
      await withClient(connectionOf(api.databaseUrl), async (client) => {
        await client.query(`BEGIN; DELETE FROM api.todos; PREPARE TRANSACTION 'it''s open'`);
      });
      return api;
    };
    const api = await begin();
    await api.restore();
    expect(await titles(api)).toContainEqual({ title: 'buy milk' });
    await api.stop();
    await (await begin()).stop();
    const { rows } = await withClient(server.connection('postgres'), (client) =>
      client.query(`SELECT datname FROM pg_database WHERE datname ~ 'todos'`),
    );
    expect(rows).toEqual([]);
  });

  it('can be that of an admin who is no superuser', async () => {
    await sql(`CREATE ROLE ci LOGIN CREATEROLE CREATEDB PASSWORD 'of-ci'`);
    const api = await startEphemeralPostgrest(declaration, {
      backend: { existing: { ...postgres.connection('postgres'), user: 'ci', password: 'of-ci' } },
    });
    expect(await titles(api)).toEqual([]);
    await api.stop();
    await sql('DROP ROLE ci');
  });

  it('does not touch a role that no environment has made', async () => {
    await sql(`CREATE ROLE todos_authenticator LOGIN PASSWORD 'of-production'`);
    await expect(start()).rejects.toMatchObject({
      code: 'foreign_role',
      message: expect.stringContaining('"todos_authenticator"') as unknown,
    });
    await withClient(
      { ...postgres.connection('postgres'), user: 'todos_authenticator', password: 'of-production' },
      (client) => client.query('SELECT'),
    );
    await sql('DROP ROLE todos_authenticator');
  });

  it.each(sample(['exit', 'SIGTERM', 'throw', 'SIGKILL']))('is dropped when its process ends by %s', async (how) => {
    const living = await start();
    const { child, ended } = await startProgram(how);
    if (how.startsWith('SIG')) child.kill(how as NodeJS.Signals);
    await ended;
    const databases = async () => (await remains()).filter((name) => name.includes('ephemeral'));
    await vi.waitFor(async () => expect(await databases()).toHaveLength(2), 90_000);
    expect(await titles(living)).toContainEqual({ title: 'buy milk' });
    await living.stop();
  });

  it.runIf(process.platform === 'linux')('is dropped also where others start before the reaper does it', async () => {
    const { child, ended } = await startProgram('SIGKILL');
    const reapers = processesBelow(child.pid!).filter((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('reaper.sh'),
    );
    expect(reapers).toHaveLength(1);
    process.kill(reapers[0]!, 'SIGSTOP');
    child.kill('SIGKILL');
    await ended;
    await removeAbandoned();
    process.kill(reapers[0]!, 'SIGCONT');
    await vi.waitFor(async () => expect(await remains()).toEqual([]), 90_000);
  });

  it('drops what was left by processes that were killed together with their reaper', async () => {
    await sql('CREATE DATABASE todos_ephemeral_0123456789ab');
    await sql('CREATE DATABASE todos_ephemeral_0123456789ab_snapshot');
    await (await start()).stop();
  });

  it('says why it cannot be reached', async () => {
    await expect(start({ ...postgres.connection('postgres'), password: 'wrong' })).rejects.toMatchObject({
      code: 'database_unreachable',
    });
  });
});
