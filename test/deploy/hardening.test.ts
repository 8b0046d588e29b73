import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Deployment, docker, engineObjects } from '../support/deployment.ts';
import { hostNamespaces, type Inside, lookInside } from '../support/inside.ts';

interface Mount {
  readonly Type: string;
  readonly Name: string;
  readonly Destination: string;
  readonly RW: boolean;
}

/** What the test reads of `docker inspect`. */
interface Container {
  readonly Name: string;
  readonly State: { readonly Status: string; readonly StartedAt: string };
  readonly Config: { readonly User: string };
  readonly HostConfig: Record<string, unknown>;
  readonly Mounts: readonly Mount[];
  readonly NetworkSettings: {
    readonly Networks: Record<string, unknown>;
    readonly Ports: Record<string, { readonly HostIp: string; readonly HostPort: string }[] | null>;
  };
}

const MB = 1024 * 1024;

/** What one session of Postgres may allocate, in bytes. */
const SESSION = 128 * MB;
const server = { user: '1000', memory: 512, cpus: 1, data: 'unlimited', listening: [3000, 3001], scratch: [] };
/** What runs, with what it alone has: its user, megabytes, CPUs, bytes of each process, and the ports it listens on. */
const running = [
  {
    name: 'projects-postgres',
    user: '999',
    // For two servers with a pool of 10.
    memory: 3856,
    cpus: 2,
    data: String(SESSION),
    listening: [5432],
    scratch: ['/run/postgresql', '/tmp'],
  },
  { name: 'projects-api-1', ...server },
  { name: 'projects-api-2', ...server },
];
const names = running.map(({ name }) => name);
/** The address that a declaration has to name, to be served outside of the machine. */
const PUBLIC = '0.0.0.0';

let projects: Deployment;

beforeAll(async () => {
  projects = await Deployment.of('projects', { API_SERVERS: '2' });
  await projects.deploy();
});

afterAll(() => projects.remove());

const inspect = (...containers: string[]) => JSON.parse(docker('inspect', ...containers)) as Container[];
const nameOf = (container: Container) => container.Name.replace('/', '');
const writers = () => engineObjects('container', 'projects').filter((name) => !names.includes(name));

/** Published ports by container, as `address:port`. */
function published(): Record<string, string[]> {
  return Object.fromEntries(
    inspect(...engineObjects('container', 'projects')).map((container) => [
      nameOf(container),
      Object.entries(container.NetworkSettings.Ports).flatMap(([inner, bindings]) =>
        (bindings ?? []).map(({ HostIp, HostPort }) => `${HostIp}:${HostPort} to ${inner}`),
      ),
    ]),
  );
}

const portsWith = (bindAddress: string) => ({
  'projects-postgres': [`127.0.0.1:${projects.databasePort} to 5432/tcp`],
  'projects-api-1': [`${bindAddress}:${projects.apiPort} to 3000/tcp`],
  'projects-api-2': [`${bindAddress}:${projects.apiPort + 1} to 3000/tcp`],
  ...Object.fromEntries(writers().map((name) => [name, []])),
});

/** The addresses of this machine that others may reach; with an engine on it there is at least one. */
const outside = () =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address);

function isOpen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 5000 });
    const end = (open: boolean) => () => resolve((socket.destroy(), open));
    socket.on('connect', end(true)).on('error', end(false)).on('timeout', end(false));
  });
}

/** Which of the declared ports are open, from the addresses that others may reach. */
async function openOutside(): Promise<number[]> {
  const ports = [projects.databasePort, projects.apiPort, projects.apiPort + 1];
  expect(outside()).not.toEqual([]);
  const open = await Promise.all(
    ports.map(async (port) => (await Promise.all(outside().map((host) => isOpen(host, port)))).includes(true)),
  );
  return ports.filter((_, index) => open[index]);
}

describe('every container of a deployment', () => {
  it('is one of those that are meant', () => {
    expect(engineObjects('container', 'projects').sort()).toEqual([...names, ...writers()].sort());
    expect(writers().length).toBeGreaterThanOrEqual(3);
    for (const name of writers()) expect(name).toMatch(/^projects-.*-writer-[0-9a-f]{8}$/);
  });

  it('has no root, no capability, no new privilege, no device, nothing of the host', () => {
    for (const container of inspect(...engineObjects('container', 'projects'))) {
      const name = nameOf(container);
      expect(container.Config.User, name).toMatch(/^[1-9]\d*:[1-9]\d*$/);
      expect(container.HostConfig, name).toMatchObject({
        Privileged: false,
        CapAdd: null,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges:true'],
        Devices: null,
        DeviceRequests: null,
        DeviceCgroupRules: null,
        Binds: null,
        VolumesFrom: null,
        Links: null,
        ExtraHosts: null,
        GroupAdd: null,
        PublishAllPorts: false,
        PidMode: '',
        IpcMode: 'private',
        UTSMode: '',
        UsernsMode: '',
      });
      // No directory of the host, and so not the engine's socket; the data is all that may be written.
      for (const mount of container.Mounts.filter(({ Name }) => !/^[0-9a-f]{64}$/.test(Name))) {
        expect(mount, name).toMatchObject({ Type: 'volume', Name: expect.stringMatching(/^projects-/) as string });
        if (names.includes(name))
          expect(mount.RW, `${name} ${mount.Name}`).toBe(mount.Name === 'projects-postgres-data');
      }
    }
  });

  it('publishes the declared ports, on 127.0.0.1, and no other', async () => {
    expect(published()).toEqual(portsWith('127.0.0.1'));
    for (const port of [projects.databasePort, projects.apiPort, projects.apiPort + 1]) {
      expect(await isOpen('127.0.0.1', port), `port ${port}`).toBe(true);
    }
    expect(await openOutside()).toEqual([]);
  });

  it('is in the network of the declaration, and in no other', () => {
    for (const { NetworkSettings, ...container } of inspect(...names)) {
      expect(Object.keys(NetworkSettings.Networks), nameOf({ NetworkSettings, ...container })).toEqual(['projects']);
    }
  });
});

describe.each(running)('$name', ({ name, user, memory, cpus, data, listening, scratch }) => {
  let container: Container;
  let inside: Inside;

  beforeAll(() => {
    container = inspect(name)[0]!;
    inside = lookInside(name);
  });

  it('runs every process as its user, without capabilities and without a way to them', () => {
    const none = '0'.repeat(16);
    expect(inside.processes).not.toEqual([]);
    for (const process of inside.processes) {
      expect(process).toEqual({
        uids: Array.from({ length: 4 }, () => user),
        capabilities: Array.from({ length: 5 }, () => none),
        noNewPrivileges: '1',
      });
    }
  });

  it('can write to its data and to memory only, and run nothing from there', () => {
    const volumes = container.Mounts.filter(({ RW }) => RW).map(({ Destination }) => Destination);
    expect(inside.writable.toSorted()).toEqual([...scratch, ...volumes].sort());
    expect(container.HostConfig['ReadonlyRootfs']).toBe(true);
    for (const options of Object.values((container.HostConfig['Tmpfs'] ?? {}) as Record<string, string>)) {
      expect(options).toBe('rw,noexec,nosuid,nodev');
    }
  });

  it('has namespaces of its own', () => {
    expect(inside.namespaces).toHaveLength(5);
    const host = hostNamespaces();
    expect(inside.namespaces.filter((namespace) => host.includes(namespace))).toEqual([]);
  });

  it('listens on its own ports only', () => {
    expect([...new Set(inside.listening)].sort()).toEqual(listening);
  });

  it('is limited: memory without swap, CPUs, processes and what each may allocate, logs', () => {
    expect(container.HostConfig).toMatchObject({
      Memory: memory * MB,
      MemorySwap: memory * MB,
      OomKillDisable: false,
      CpuQuota: cpus * 100_000,
      CpuPeriod: 100_000,
      RestartPolicy: { Name: 'unless-stopped' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
    });
    // The engine writes four digits.
    const limit = memory < 1024 ? `${memory}MiB` : `${Number((memory / 1024).toPrecision(4))}GiB`;
    expect(docker('stats', '--no-stream', '--format', '{{.MemUsage}}', name)).toContain(`/ ${limit}`);
    expect(inside.maxProcesses).toMatch(/^4096 +4096$/);
    expect(inside.maxData).toMatch(new RegExp(`^${data} +${data}$`));
  });
});

it('what only carries files into volumes has no network and never ran', () => {
  for (const container of inspect(...writers())) {
    expect(Object.keys(container.NetworkSettings.Networks), nameOf(container)).toEqual(['none']);
    expect(container.State, nameOf(container)).toMatchObject({ Status: 'created', StartedAt: '0001-01-01T00:00:00Z' });
  }
});

it('is reached from outside where the declaration names such an address, and the database is not even then', async () => {
  projects.edit('declaration.ts', (text) =>
    text.replace("name: 'projects',", `name: 'projects',\n  server: { bindAddress: '${PUBLIC}' },`),
  );
  await projects.deploy();
  expect(published()).toEqual(portsWith(PUBLIC));
  expect(await openOutside()).toEqual([projects.apiPort, projects.apiPort + 1]);
});
