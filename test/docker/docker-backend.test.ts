import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { applyDeclaration, createRoles } from '../../apply/index.ts';
import type { Backend, ServerOptions } from '../../testing/backends/backend.ts';
import { baseDirectory } from '../../testing/servers/base-directory.ts';
import { startDockerBackend } from '../../testing/backends/docker/docker-backend.ts';
import { startEphemeralPostgrest } from '../../testing/index.ts';
import type { RunningPostgrest } from '../../testing/servers/postgrest-server.ts';
import { withClient } from '../../postgres/with-client.ts';
import declaration from '../../examples/todos/declaration.ts';
import { generateDecryptionKey, generateKey, publicKeySet, signToken } from '../../tokens/index.ts';
import { docker, root } from '../support/deployment.ts';
import { rejection } from '../support/errors.ts';
import { postgresImage, postgrestImage } from '../support/images.ts';
import { hostNamespaces, lookInside } from '../support/inside.ts';
import { findSecrets, watchArguments } from '../support/secret-search.ts';

const images = { postgresImage, postgrestImage };
const seed = [{ file: 'seed.sql', sql: readFileSync(join(root, 'examples/todos/seed.sql'), 'utf8') }];
const LABEL = 'secured-postgrest.ephemeral';
const MB = 1024 * 1024;

/** Containers, networks and volumes with the label, by kind and name. */
function objects(label = LABEL): string[] {
  const list = (kind: string, format: string, ...all: string[]) =>
    docker(kind, 'ls', ...all, '--filter', `label=${label}`, '--format', `${kind} ${format}`);
  return [list('container', '{{.Names}}', '--all'), list('network', '{{.Name}}'), list('volume', '{{.Name}}')]
    .flatMap((text) => text.split('\n'))
    .filter((line) => line !== '')
    .sort();
}

/** The label of the environment whose container publishes a port. */
const labelOf = (port: number) =>
  `${LABEL}=${docker('ps', '--filter', `publish=${port}`, '--format', `{{.Label "${LABEL}"}}`)}`;

interface Container {
  readonly HostConfig: Record<string, unknown>;
  readonly Mounts: readonly { readonly Type: string; readonly Destination: string }[];
  readonly NetworkSettings: { readonly Networks: object; readonly Ports: Record<string, unknown> };
}

describe('servers in containers', () => {
  let backend: Backend;
  let server: RunningPostgrest;
  let options: ServerOptions;
  let label: string;
  let network: string;
  let processes: string;
  let token: string;

  beforeAll(async () => {
    const watched = watchArguments();
    backend = await startDockerBackend(images);
    const password = 'Planted+Passw0rd/&%41 é';
    const sql = (database: string, text: string) =>
      withClient(backend.connection(database), (client) => client.query(text));
    await sql(backend.maintenanceDatabase, 'create database todos');
    await withClient(backend.connection('todos'), (client) =>
      createRoles(client, declaration, { authenticator: password }),
    );
    await applyDeclaration(backend.connection('todos'), declaration);
    await sql('todos', seed[0]!.sql);
    // Whoever sees this key set can sign.
    const key = await generateKey('HS256');
    token = await signToken(key, { role: 'todos_user', claims: { user_id: 1 } });
    const keySet = publicKeySet([key]);
    options = { declaration, database: 'todos', password, keySet, decryptionKey: generateDecryptionKey() };
    server = await backend.startServer(options);
    processes = watched.stop();
    label = labelOf(server.port);
    network = `secured-postgrest-${label.split('=')[1]}`;
  });

  afterAll(() => backend.stop());

  const inspect = (name: string) => (JSON.parse(docker('inspect', `${network}-${name}`)) as [Container])[0];
  const titles = async (headers: Record<string, string> = {}) =>
    await (await fetch(`${server.url}/todos?select=title&order=title`, { headers })).json();

  it('serve what is declared', async () => {
    expect(await titles()).toEqual([{ title: 'water the plants' }]);
    expect(await titles({ Authorization: `Bearer ${token}` })).toEqual([
      { title: 'buy milk' },
      { title: 'water the plants' },
    ]);
  });

  it('are in a network of their own, and publish their ports on 127.0.0.1 only', () => {
    const published = (name: string) => {
      const { Networks, Ports } = inspect(name).NetworkSettings;
      return { networks: Object.keys(Networks), ports: Object.entries(Ports).filter(([, bindings]) => bindings) };
    };
    const on = (inner: number, port: number) => [`${inner}/tcp`, [{ HostIp: '127.0.0.1', HostPort: String(port) }]];
    const { port } = backend.connection('todos');
    expect(published('postgres')).toEqual({ networks: [network], ports: [on(5432, port)] });
    expect(published('api-1')).toEqual({ networks: [network], ports: [on(3000, server.port)] });
  });

  describe.each([
    { name: 'postgres', user: '999', memory: 2048, listening: [5432] },
    { name: 'api-1', user: '1000', memory: 256, listening: [3000, 3001] },
  ])('$name', ({ name, user, memory, listening }) => {
    it('is hardened as in a deployment', () => {
      expect(inspect(name).HostConfig).toMatchObject({
        ReadonlyRootfs: true,
        Privileged: false,
        CapAdd: null,
        CapDrop: ['ALL'],
        SecurityOpt: ['no-new-privileges:true'],
        Binds: null,
        Memory: memory * MB,
        MemorySwap: memory * MB,
        PidsLimit: 512,
        LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '3' } },
      });
      expect(inspect(name).Mounts).toMatchObject([{ Type: 'volume', Destination: '/run/secrets/secured-postgrest' }]);
      const inside = lookInside(`${network}-${name}`);
      for (const { uids, capabilities, noNewPrivileges } of inside.processes) {
        expect(new Set(uids)).toEqual(new Set([user]));
        expect(new Set(capabilities)).toEqual(new Set(['0000000000000000']));
        expect(noNewPrivileges).toBe('1');
      }
      expect([...new Set(inside.listening)].sort()).toEqual(listening);
      const host = hostNamespaces();
      expect(inside.namespaces.filter((namespace) => host.includes(namespace))).toEqual([]);
    });

    it('can read its secrets, and change nothing of them', () => {
      const as = (id: string, script: string) => {
        const volumes = ['--volumes-from', `${network}-${name}`, '--network=none', `--user=${id}:${id}`];
        const program = ['--entrypoint=sh', postgresImage, '-c', `cd /run/secrets/secured-postgrest && ${script}`];
        return docker('run', '--rm', ...volumes, ...program);
      };
      expect(as(user, 'stat -c "%A %u:%g" . *').split('\n')).toEqual([
        'drwxr-xr-x 0:0',
        ...Array<string>(name === 'postgres' ? 1 : 2).fill(`-r--r----- 0:${user}`),
      ]);
      expect(as(user, 'cat * >/dev/null; ! touch new 2>/dev/null && ! chmod 666 * 2>/dev/null && echo kept')).toBe(
        'kept',
      );
      expect(as('65534', 'for file in *; do ! cat $file 2>/dev/null || exit 1; done; echo hidden')).toBe('hidden');
    });
  });

  it('keep their data in memory', () => {
    const show = docker(
      'exec',
      `${network}-postgres`,
      'stat',
      '--file-system',
      '--format=%T',
      '/var/lib/postgresql/data',
    );
    expect(show).toBe('tmpfs');
    expect(objects(label).filter((object) => object.startsWith('volume'))).toHaveLength(2);
  });

  it('keep their secrets in files: none is in what the engine, the processes and the logs show', async () => {
    const secrets = {
      'admin password': backend.connection('todos').password,
      'authenticator password': options.password,
      'token secret': options.keySet.keys[0]!['k'] as string,
    };
    await fetch(`${server.url}/todos`, { headers: { Authorization: 'Bearer broken' } });
    const failing = withClient(backend.connection('todos'), (client) =>
      client.query(`select '${Object.values(secrets).join()}' from nowhere`),
    );
    await expect(failing).rejects.toThrow('nowhere');
    // The engine reads what the server prints a moment later.
    await expect.poll(() => backend.logs(), { timeout: 30_000 }).toContain('relation "nowhere" does not exist');
    const places: Record<string, string> = {
      processes,
      'log of postgres': backend.logs(),
      'log of postgrest': server.logs(),
      events: docker('events', '--since', '10m', '--until', '0s'),
    };
    for (const object of objects(label)) {
      const [kind, name] = object.split(' ') as [string, string];
      places[object] = docker(kind, 'inspect', name);
      if (kind === 'container') places[`docker logs ${name}`] = docker('logs', name);
    }
    expect(Object.keys(places)).toHaveLength(4 + 2 * 2 + 1 + 2);
    expect(processes).toContain('docker create');
    expect(places['log of postgres']).toContain('relation "nowhere" does not exist');
    expect(places['log of postgrest']).toContain('Starting PostgREST');
    expect(findSecrets(secrets, places)).toEqual([]);

    const inContainers = ['postgres', 'api-1'].map((name) => [
      name,
      docker('cp', `${network}-${name}:/run/secrets/secured-postgrest`, '-'),
    ]);
    expect(findSecrets(secrets, Object.fromEntries(inContainers) as Record<string, string>)).toHaveLength(3);
  });

  it('refuse a port that is in use, and leave nothing of the attempt', async () => {
    const before = objects(label);
    const byContainer = await rejection(backend.startServer({ ...options, port: server.port }));
    expect(byContainer).toMatchObject({ code: 'port_taken' });
    expect(byContainer.message).toContain(`port: ${server.port} of 127.0.0.1 is in use; name another`);

    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as { port: number };
    expect(await rejection(backend.startServer({ ...options, port }))).toMatchObject({ code: 'port_taken' });
    listener.close();
    expect(objects(label)).toEqual(before);
  });

  it('take the port that is asked for, again and again', async () => {
    const first = await backend.startServer(options);
    await first.stop();
    await using second = await backend.startServer({ ...options, port: first.port });
    expect(second.url).toBe(first.url);
    expect((await fetch(`${second.url}/todos?select=title`)).status).toBe(200);
    await first.stop();
    expect((await fetch(`${second.url}/todos?select=title`)).status).toBe(200);
  });

  it('say how PostgREST ended before it served', async () => {
    const badSettings = { ...declaration, server: { ...declaration.server, settings: { 'db-tx-end': 'never' } } };
    const error = await rejection(backend.startServer({ ...options, declaration: badSettings }));
    expect(error.code).toBe('start_failed');
    expect(error.message).toMatch(
      /api-\d+: exited with code 1 before it was ready; its log ends with:\n.*Invalid transaction termination/s,
    );
  });

  it('are gone without a trace when they are stopped, one that is just starting too', async () => {
    const other = await startDockerBackend(images);
    const label = labelOf(other.connection('postgres').port);
    // It has no such role, and would try on and on.
    const starting = rejection(other.startServer({ ...options, database: 'postgres' }));
    await delay(100);
    const begin = performance.now();
    await Promise.all([other.stop(), other.stop()]);
    expect(performance.now() - begin).toBeLessThan(10_000);
    expect(objects(label)).toEqual([]);
    expect(await starting).toMatchObject({ code: 'start_failed' });
    expect(other.logs()).toContain('database system is ready to accept connections');
  });
});

describe('an environment in containers', () => {
  it('is one like any other', async () => {
    await using environment = await startEphemeralPostgrest(declaration, { backend: { docker: images }, seed });
    const label = labelOf(Number(new URL(environment.url).port));
    const count = async () =>
      (await environment.sql<{ count: number }>('select count(*)::int from api.todos'))[0]!.count;
    const ann = await environment.as('todos_user', { user_id: 1 });
    expect(await (await ann.fetch('/todos?select=title')).json()).toHaveLength(2);
    await environment.sql('delete from api.todos');
    const clone = await environment.clone();
    expect(await (await fetch(`${clone.url}/todos?select=title`)).json()).toHaveLength(1);
    expect(await count()).toBe(0);
    await environment.restore();
    expect(await count()).toBe(3);
    expect(await (await ann.fetch('/todos?select=title')).json()).toHaveLength(2);
    await environment.stop();
    expect(objects(label)).toEqual([]);
  });
});

describe('a start that fails', () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  const refused = async (options = {}, environment: Readonly<Record<string, string>> = {}) => {
    const before = objects();
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const error = await rejection(startDockerBackend({ ...images, ...options }));
    vi.unstubAllEnvs();
    expect(objects()).toEqual(before);
    return error;
  };

  it('tells that there is no such image, in the words of docker', async () => {
    const image = '127.0.0.1:1/no-such-image:1';
    const error = await refused({ postgresImage: image });
    expect(error.code).toBe('engine_failed');
    expect(error.message).toMatch(
      /docker: create failed: Unable to find image '127.0.0.1:1\/no-such-image:1' locally .*connection refused; name an image that the engine has or can pull/,
    );
  });

  it('tells that no engine answers', async () => {
    const error = await refused({}, { DOCKER_HOST: 'tcp://127.0.0.1:1' });
    expect(error.code).toBe('engine_failed');
    expect(error.message).toMatch(/Cannot connect to the Docker daemon at tcp:\/\/127.0.0.1:1.*; start the engine/);
  });

  it('tells that docker is not installed', async () => {
    const error = await refused({}, { PATH: '/nowhere' });
    expect(error.code).toBe('engine_failed');
    expect(error.message).toContain('no such program is on the PATH');
  });

  it('tells what the engine cannot run', async () => {
    const error = await refused({ postgresImage: postgrestImage });
    expect(error.code).toBe('engine_failed');
    expect(error.message).toMatch(/docker: start failed: .*"postgres": executable file not found/);
  });
});

describe('a process that is killed', () => {
  let directory: string;
  const script = `
    import { startDockerBackend } from '${root}testing/backends/docker/docker-backend.ts';
    await startDockerBackend(${JSON.stringify(images)});
    console.log('started');
    setInterval(() => {}, 1000);`;

  beforeAll(() => {
    directory = mkdtempSync(join(baseDirectory(), 'docker-wrapper-'));
    // Notes what is asked of docker, and is slow to create a container, as where an image has to be pulled first.
    const real = process.env['PATH']!.split(':')
      .map((folder) => `"${folder}/docker"`)
      .join(' ');
    writeFileSync(
      join(directory, 'docker'),
      `#!/bin/sh
echo "$*" >>"${directory}/calls"
[ "$1" != create ] || sleep "\${CREATE_DELAY:-0}"
for docker in ${real}; do [ ! -x "$docker" ] || exec "$docker" "$@"; done`,
    );
    chmodSync(join(directory, 'docker'), 0o755);
  });

  afterAll(() => {
    rmSync(directory, { recursive: true });
  });

  const calls = () => readFileSync(join(directory, 'calls'), 'utf8');
  const label = () => /--label=(\S+)/.exec(calls())![1]!;
  async function until(condition: () => boolean, what: string, seconds: number) {
    const deadline = Date.now() + seconds * 1000;
    while (!condition()) {
      if (Date.now() > deadline) throw new Error(`${what} after ${seconds} s`);
      await delay(50);
    }
  }

  it.each([
    ['once a server runs', /^started$/m, '0'],
    ['while a container is on its way to the engine', /^create /m, '1'],
  ])('leaves nothing behind, %s', async (_, moment, createDelay) => {
    writeFileSync(join(directory, 'calls'), '');
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
      cwd: root,
      env: { ...process.env, PATH: `${directory}:${process.env['PATH']}`, CREATE_DELAY: createDelay },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (data: Buffer) => (output += data.toString()));
    try {
      await until(() => moment.test(`${output}\n${calls()}`), `no ${moment}`, 60);
      expect(objects(label())).not.toEqual([]);
    } finally {
      child.kill('SIGKILL');
    }
    const created = () =>
      docker('events', '--since=2m', '--until=0s', `--filter=label=${label()}`, '--filter=type=container');
    await until(() => created() !== '' && objects(label()).length === 0, 'something is left', 20);
  });

  it('is cleaned up by the next start where its reaper was killed as well; what a living one uses stays', async () => {
    const start = async () => {
      const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', script], {
        cwd: root,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      children.push(child);
      let output = '';
      child.stdout.on('data', (data: Buffer) => (output += data.toString()));
      await until(() => output.includes('started'), 'not started', 60);
      return child;
    };
    const networks = () =>
      docker('network', 'ls', '--quiet', '--filter=label=secured-postgrest.ephemeral-owner').split('\n');
    const children: ChildProcess[] = [];
    const before = networks();
    try {
      const killed = await start();
      const itsNetwork = networks().find((network) => !before.includes(network))!;
      const living = await start();
      const reaper = execFileSync('pgrep', ['--parent', String(killed.pid), '--full', 'reaper.sh'], {
        encoding: 'utf8',
      });
      process.kill(Number(reaper), 'SIGKILL');
      killed.kill('SIGKILL');
      await delay(1000);
      expect(networks()).toContain(itsNetwork);

      const [last] = networks().filter((network) => !before.includes(network) && network !== itsNetwork);
      await start();
      await until(() => !networks().includes(itsNetwork), 'something is left', 20);
      expect(networks()).toContain(last);
      expect(living.exitCode).toBeNull();
    } finally {
      for (const child of children) child.kill('SIGKILL');
      await until(() => networks().every((network) => before.includes(network)), 'something is left', 30);
    }
  });
});
