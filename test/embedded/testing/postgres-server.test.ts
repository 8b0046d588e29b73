import { existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { startPostgres, type PostgresServer } from '../../../testing/servers/postgres-server.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { useOwnTemporaryDirectory } from './own-temporary-directory.ts';
import { isListening, processesBelow, serverDirectories } from './traces.ts';

const temporaryDirectory = useOwnTemporaryDirectory();

afterEach(() => vi.unstubAllEnvs());

const rows = async (server: PostgresServer, sql: string) =>
  withClient(server.connection('postgres'), async (client) => (await client.query<Record<string, unknown>>(sql)).rows);

describe('startPostgres', () => {
  it('starts a server that answers, and leaves nothing behind', async () => {
    const listeners = process.listenerCount('SIGTERM');
    const server = await startPostgres();
    expect(await rows(server, 'select current_user, current_setting($$server_encoding$$) as encoding')).toEqual([
      { current_user: 'postgres', encoding: 'UTF8' },
    ]);
    // Where root starts it, the server has a user of its own, whose group may pass.
    expect(statSync(server.directory).mode & 0o777).toBe(process.getuid?.() === 0 ? 0o710 : 0o700);
    expect(statSync(server.passwordFile).mode & 0o777).toBe(0o600);

    await Promise.all([server.stop(), server.stop()]);
    await server.stop();
    expect(await isListening(server.port)).toBe(false);
    expect(existsSync(server.directory)).toBe(false);
    expect(serverDirectories()).toEqual([]);
    expect(processesBelow(process.pid)).toEqual([]);
    expect(process.listenerCount('SIGTERM')).toBe(listeners);
    expect(server.logs()).toContain('database system is ready to accept connections');
  });

  it('runs several at once, each with a cluster of its own', async () => {
    const servers = await Promise.all([startPostgres(), startPostgres(), startPostgres()]);
    await Promise.all(servers.map((server, index) => rows(server, `create role only_${index}`)));
    const found = await Promise.all(
      servers.map((server) => rows(server, `select rolname from pg_roles where rolname ~ 'only'`)),
    );
    expect(found).toEqual([[{ rolname: 'only_0' }], [{ rolname: 'only_1' }], [{ rolname: 'only_2' }]]);
    await Promise.all(servers.map((server) => server.stop()));
    expect(serverDirectories()).toEqual([]);
  });

  it('stops while sessions are busy', async () => {
    const server = await startPostgres();
    const busy = rows(server, 'select pg_sleep(60)').catch((error: Error) => error.message);
    await rows(server, 'select 1');
    await server.stop();
    expect(await busy).toMatch(/terminat|ECONNRESET/);
    expect(serverDirectories()).toEqual([]);
  });

  it('takes a directory with spaces and quotes, settings, a superuser and names that need quoting', async () => {
    const directory = join(temporaryDirectory(), `it's "here"`);
    const server = await startPostgres({ directory, superuser: 'the boss', settings: { work_mem: '7MB' } });
    try {
      expect(server.directory).toBe(directory);
      expect(await rows(server, 'select current_user, current_setting($$work_mem$$) as work_mem')).toEqual([
        { current_user: 'the boss', work_mem: '7MB' },
      ]);
      await server.createDatabase('My "data"');
      const database = await withClient(server.connection('My "data"'), (client) =>
        client.query('select current_database()'),
      );
      expect(database.rows).toEqual([{ current_database: 'My "data"' }]);
    } finally {
      await server.stop();
    }
    expect(existsSync(directory)).toBe(false);
  });

  it('keeps its password, and those in failed statements, to itself', async () => {
    const server = await startPostgres();
    const password = readFileSync(server.passwordFile, 'utf8');
    expect(server.connection('postgres').password).toBe(password);
    const connection = { ...server.connection('postgres'), password: 'wrong' };
    await expect(withClient(connection, (client) => client.query('select 1'))).rejects.toMatchObject({ code: '28P01' });
    await expect(rows(server, `create role postgres password 'my-secret'`)).rejects.toThrow('already exists');
    expect(server.logs()).toContain('already exists');
    expect(server.logs()).not.toMatch(new RegExp(`my-secret|${password}`));
    await server.stop();
  });

  it('does not take the settings of this process for its own', async () => {
    vi.stubEnv('PGPORT', '1');
    vi.stubEnv('PGDATA', '/nowhere');
    vi.stubEnv('PGOPTIONS', '-c work_mem=1MB');
    vi.stubEnv('LC_ALL', 'de_DE.UTF-8');
    const server = await startPostgres();
    expect(await rows(server, `select lower('ÄÖ'), to_char(1, 'FM9') as number`)).toEqual([
      { lower: 'äö', number: '1' },
    ]);
    await server.stop();
  });

  it('refuses a directory that exists, and does not touch it', async () => {
    const directory = join(temporaryDirectory(), 'precious');
    mkdirSync(directory);
    await expect(startPostgres({ directory })).rejects.toMatchObject({ code: 'invalid_prop' });
    expect(existsSync(directory)).toBe(true);
  });

  it('shows the end of the log when the server does not start, and leaves nothing behind', async () => {
    await expect(startPostgres({ settings: { shared_buffers: 'plenty' } })).rejects.toMatchObject({
      code: 'start_failed',
      message: expect.stringContaining('invalid value for parameter "shared_buffers": "plenty"') as unknown,
    });
    expect(serverDirectories()).toEqual([]);
    expect(processesBelow(process.pid)).toEqual([]);
  });

  it('shows the end of the log when the cluster cannot be made', async () => {
    await expect(startPostgres({ superuser: 'pg_boss' })).rejects.toMatchObject({
      code: 'start_failed',
      message: expect.stringMatching(/^initdb: exited with code 1; its log ends with:\n.*"pg_boss"/s) as unknown,
    });
    expect(serverDirectories()).toEqual([]);
  });
});
