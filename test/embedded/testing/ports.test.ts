import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import declaration from '../../../examples/todos/declaration.ts';
import { makeCluster } from '../../../testing/servers/cluster.ts';
import type * as module from '../../../testing/servers/free-ports.ts';
import { freePorts } from '../../../testing/servers/free-ports.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { postgresBinaries } from '../../../testing/servers/postgres-binaries.ts';
import { startPostgres, type PostgresServer } from '../../../testing/servers/postgres-server.ts';
import { createServerDirectory } from '../../../testing/servers/server-directory.ts';
import { startProcess, untilReady } from '../../../testing/servers/server-process.ts';
import { serverUser } from '../../../testing/servers/server-user.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { useOwnTemporaryDirectory } from './own-temporary-directory.ts';
import { processesBelow, serverDirectories } from './traces.ts';

vi.mock(import('../../../testing/servers/free-ports.ts'), async (original) => {
  const actual = await original();
  return { ...actual, freePorts: vi.fn(actual.freePorts) };
});

/** File of Linux with the first port that users other than root may listen on. */
const FIRST_PORT = '/proc/sys/net/ipv4/ip_unprivileged_port_start';

useOwnTemporaryDirectory();
afterEach(() => void vi.mocked(freePorts).mockReset());

/** Has everybody who asks for so many ports find the same ones, `times` times. */
async function sameForAll(count: number, times: number, named?: number[]): Promise<number[]> {
  const { freePorts: actual } = await vi.importActual<typeof module>('../../../testing/servers/free-ports.ts');
  const ports = named ?? (await actual(count));
  vi.mocked(freePorts).mockImplementation((asked) =>
    asked === count && times-- > 0 ? Promise.resolve(ports) : actual(asked),
  );
  return ports;
}

function expectNothingLeft() {
  expect(serverDirectories()).toEqual([]);
  expect(processesBelow(process.pid)).toEqual([]);
}

/** Puts a row of its own into each, and expects that each tells its own. */
async function expectApart(environments: readonly EphemeralPostgrest[]) {
  await Promise.all(
    environments.map((environment, index) =>
      environment.sql('insert into api.todos (user_id, title, public) values (1, $1, true)', [`of ${index}`]),
    ),
  );
  const told = environments.map(async ({ url }) => (await fetch(`${url}/todos?select=title`)).json());
  expect(await Promise.all(told)).toEqual(environments.map((_, index) => [{ title: `of ${index}` }]));
}

const dataDirectory = async ({ connection }: Pick<PostgresServer, 'connection'>) =>
  withClient(connection('postgres'), async (client) => {
    const { rows } = await client.query<{ data_directory: string }>('show data_directory');
    return rows[0]!.data_directory;
  });

/** A Postgres at a moment of its start: it has the password of the cluster that it is a copy of. */
async function startUnsecured(port: number) {
  const binaries = await postgresBinaries();
  const directory = createServerDirectory({ user: serverUser() });
  const { firstPassword } = await makeCluster({ binaries, directory, superuser: 'postgres' });
  const settings = ['listen_addresses=127.0.0.1', `port=${port}`, 'unix_socket_directories='];
  const server = await startProcess({
    name: 'postgres',
    command: binaries.postgres,
    args: ['-D', join(directory.path, 'data'), ...settings.flatMap((setting) => ['-c', setting])],
    directory: directory.path,
    logFile: join(directory.path, 'postgres.log'),
    user: directory.user,
    stopSignal: 'SIGQUIT',
  });
  const connection = (database: string) => ({
    host: '127.0.0.1',
    port,
    database,
    user: 'postgres',
    password: firstPassword,
  });
  await untilReady('postgres', server, () => dataDirectory({ connection }).then(Boolean, () => false));
  const stop = () => server.stop().then(() => directory.remove());
  return { connection, directory: directory.path, stop };
}

describe('a port that is asked for', () => {
  it('is used, and refused where it is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(startEphemeralPostgrest(declaration, { port })).rejects.toMatchObject({ code: 'port_taken' });
    expectNothingLeft();
    other.close();
    await once(other, 'close');
    const environment = await startEphemeralPostgrest(declaration, { port });
    expect(environment.url).toBe(`http://127.0.0.1:${port}`);
    await environment.stop();
    expectNothingLeft();
  });

  it('is named where its server may not listen on it', async (context) => {
    // Some systems and containers let every user listen on every port.
    const first = existsSync(FIRST_PORT) ? Number(readFileSync(FIRST_PORT, 'utf8')) : 0;
    if (first < 2) context.skip('every user may listen on every port');
    const port = first - 1;
    await expect(startEphemeralPostgrest(declaration, { port })).rejects.toMatchObject({
      code: 'start_failed',
      message: `port: its user may not listen on ${port} of 127.0.0.1; name another, or none for a free one [start_failed]`,
    });
    expectNothingLeft();
  });

  it('goes to one of two that ask for it at once', async () => {
    const [port] = (await freePorts(1)) as [number];
    const started = await Promise.allSettled([1, 2].map(() => startEphemeralPostgrest(declaration, { port })));
    const environments = started.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    expect(environments).toHaveLength(1);
    expect(started.find(({ status }) => status === 'rejected')).toMatchObject({ reason: { code: 'port_taken' } });
    await expectApart(environments);
    await environments[0]!.stop();
    expectNothingLeft();
  });
});

describe('a free port that two servers find at once', () => {
  it('goes to one Postgres, and the other finds another one', async () => {
    const [port] = await sameForAll(1, 2);
    const servers = await Promise.all([startPostgres(), startPostgres()]);
    expect(servers.filter((server) => server.port === port)).toHaveLength(1);
    expect(await Promise.all(servers.map(dataDirectory))).toEqual(servers.map(({ directory }) => `${directory}/data`));
    await Promise.all(servers.map((server) => server.stop()));
    expectNothingLeft();
  });

  it('is not mistaken for that of the other, whose password is still that of all copies', async () => {
    const [port] = (await freePorts(1)) as [number];
    const other = await startUnsecured(port);
    await sameForAll(1, 1, [port]);
    const server = await startPostgres();
    expect(await dataDirectory(server)).toBe(`${server.directory}/data`);
    expect(await dataDirectory(other)).toBe(`${other.directory}/data`);
    await server.stop();
    await other.stop();
    expectNothingLeft();
  });

  it.runIf(process.platform === 'linux')('that another program takes first sees no password', async () => {
    const heard: string[] = [];
    // Asks whoever connects for a password in the clear (the protocol's AuthenticationCleartextPassword).
    const thief = createServer((socket) => {
      socket
        .on('error', () => {})
        .on('data', (data) => {
          heard.push(data.toString('latin1'));
          socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]));
        });
    }).listen(0, '127.0.0.1');
    await once(thief, 'listening');
    const { port } = thief.address() as AddressInfo;
    await sameForAll(1, 1, [port]);
    const server = await startPostgres();
    expect(server.port).not.toBe(port);
    expect(heard).toEqual([]);
    await server.stop();
    thief.close();
    expectNothingLeft();
  });

  it('goes to one API, and the other finds another one', async () => {
    const ports = await sameForAll(2, 2);
    const environments = await Promise.all([1, 2].map(() => startEphemeralPostgrest(declaration)));
    expect(environments.filter(({ url }) => url.endsWith(`:${ports[0]}`)).length).toBeLessThan(2);
    await expectApart(environments);
    await Promise.all(environments.map((environment) => environment.stop()));
    expectNothingLeft();
  });
});
