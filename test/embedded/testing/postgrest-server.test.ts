import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { startPostgres, type PostgresServer } from '../../../testing/servers/postgres-server.ts';
import { startPostgrest } from '../../../testing/servers/postgrest-server.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { useOwnTemporaryDirectory } from './own-temporary-directory.ts';
import { isListening, processesBelow, serverDirectories } from './traces.ts';

const temporaryDirectory = useOwnTemporaryDirectory();
let postgres: PostgresServer;
let env: Record<string, string>;

beforeAll(async () => {
  postgres = await startPostgres();
  const { user, password, port } = postgres.connection('postgres');
  await withClient(postgres.connection('postgres'), (client) =>
    client.query(
      'create schema api; create role anonymous; create view api.answers as select 42 as answer;' +
        'grant usage on schema api to anonymous; grant select on api.answers to anonymous',
    ),
  );
  const uri = join(postgres.directory, 'database-uri');
  writeFileSync(uri, `postgresql://${user}:${password}@127.0.0.1:${port}/postgres`, { mode: 0o600 });
  env = { PGRST_DB_URI: `@${uri}`, PGRST_DB_SCHEMAS: 'api', PGRST_DB_ANON_ROLE: 'anonymous' };
});
afterAll(() => postgres.stop());
afterEach(() => vi.unstubAllEnvs());

const answer = async (url: string) => (await fetch(`${url}/answers`)).json();

describe('startPostgrest', () => {
  it('serves as soon as it is started, and leaves nothing behind', async () => {
    const processes = processesBelow(process.pid);
    const server = await startPostgrest({ env });
    expect(await answer(server.url)).toEqual([{ answer: 42 }]);
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    await Promise.all([server.stop(), server.stop()]);
    expect(await isListening(server.port)).toBe(false);
    expect(serverDirectories()).toHaveLength(1);
    expect(processesBelow(process.pid).filter((pid) => !processes.includes(pid)).length).toBe(0);
    expect(server.logs()).toMatch(/listening on/i);
  });

  it('runs several at once', async () => {
    const servers = await Promise.all([1, 2, 3].map(() => startPostgrest({ env })));
    expect(await Promise.all(servers.map(({ url }) => answer(url)))).toEqual(servers.map(() => [{ answer: 42 }]));
    await Promise.all(servers.map((server) => server.stop()));
  });

  it('listens on a given port, and says so when it is taken', async () => {
    const other = createServer((_, response) => response.end('[]')).listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(startPostgrest({ env, port })).rejects.toMatchObject({
      code: 'port_taken',
      message: `port: ${port} of 127.0.0.1 is in use; name another, or none for a free one [port_taken]`,
    });
    await once(other.close(), 'close');

    const server = await startPostgrest({ env, port });
    expect(server.port).toBe(port);
    await server.stop();
    expect(serverDirectories()).toHaveLength(1);
  });

  it('does not take the settings of this process for its own', async () => {
    vi.stubEnv('PGRST_DB_ANON_ROLE', 'nobody');
    vi.stubEnv('PGRST_DB_PRE_REQUEST', 'api.missing');
    vi.stubEnv('PGOPTIONS', '-c role=nobody');
    const server = await startPostgrest({ env });
    expect(await answer(server.url)).toEqual([{ answer: 42 }]);
    await server.stop();
  });

  it('shows the end of the log when it does not start', async () => {
    await expect(startPostgrest({ env: { ...env, PGRST_LOG_LEVEL: 'chatty' } })).rejects.toMatchObject({
      code: 'start_failed',
      message: expect.stringMatching(
        /^postgrest: exited with code 1 before it was ready; its log ends with:\n.*log/is,
      ) as unknown,
    });
    expect(serverDirectories()).toHaveLength(1);
  });

  it.each([
    [
      'in a file',
      (uri: string) => {
        const file = join(temporaryDirectory(), 'bad uri');
        writeFileSync(file, uri);
        return `@${file}`;
      },
    ],
    ['in the variable', (uri: string) => uri],
  ])('never shows a secret %s', async (_, place) => {
    const uri = 'postgressql://anonymous:my-secret@127.0.0.1/postgres';
    const secrets = { PGRST_DB_URI: place(uri), PGRST_JWT_SECRET: 'x'.repeat(40) };
    const failure = startPostgrest({ env: { ...env, ...secrets }, startTimeoutMs: 1000 });
    const message = await failure.then(
      () => 'started',
      (error: Error) => error.message,
    );
    expect(message).toMatch(/^postgrest: was not ready after 1000 ms; .*\[secret\].*\[start_failed\]$/s);
    expect(message).not.toMatch(/my-secret|xxxxx/);
  });

  it('names the secret whose file is missing', async () => {
    await expect(startPostgrest({ env: { ...env, PGRST_JWT_SECRET: '@/missing' } })).rejects.toMatchObject({
      code: 'unreadable_secret',
      message: expect.stringMatching(/^PGRST_JWT_SECRET: @\/missing cannot be read/) as unknown,
    });
  });
});
