import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withClient } from '../../postgres/with-client.ts';
import { certificateOf, newServerCertificate } from '../../constructs/secrets/server-certificate.ts';
import { Deployment, docker, freePort, touched } from '../support/deployment.ts';
import { ask } from '../support/poll.ts';

let todos: Deployment;

beforeAll(async () => {
  todos = await Deployment.of('todos');
  await todos.deploy();
});

afterAll(() => todos.remove());

/** Users of the sessions that came over the network, with the version of TLS. */
function sessions(): Promise<{ usename: string; version: string | null }[]> {
  return todos.sql(`SELECT DISTINCT usename::text, version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
    WHERE client_addr IS NOT NULL ORDER BY 1`);
}

const titles = () => ask({ name: 'anonymous', url: `${todos.url}/todos?select=title` });

describe('a deployed database', () => {
  it('is reached over TLS by the servers and by who deploys', async () => {
    expect(await titles()).toBe('200 []');
    expect(await sessions()).toEqual([
      { usename: 'postgres', version: 'TLSv1.3' },
      { usename: 'todos_authenticator', version: 'TLSv1.3' },
    ]);
  });

  it('lets nobody in without TLS: from outside, from its network, from its own container', async () => {
    const inClear = withClient({ ...todos.admin, sslmode: 'disable' }, () => Promise.resolve());
    await expect(inClear).rejects.toThrow(/no pg_hba\.conf entry for host .*no encryption/);
    const password = `PGPASSWORD=${todos.admin.password}`;
    for (const host of ['todos-postgres', '127.0.0.1']) {
      const psql = (sslmode: string) => {
        const address = `host=${host} user=postgres dbname=todos sslmode=${sslmode}`;
        return spawnSync('docker', ['exec', '--env', password, 'todos-postgres', 'psql', '-Atc', 'SELECT 1', address], {
          encoding: 'utf8',
        });
      };
      expect(psql('disable').stderr).toMatch(/no pg_hba\.conf entry for host .*no encryption/);
      expect(psql('require').stdout).toBe('1\n');
    }
  });

  it('lets nobody in without the password, not even on its socket', () => {
    for (const host of ['/var/run/postgresql', '127.0.0.1']) {
      const psql = ['psql', '--no-password', '--username=postgres', `--host=${host}`, '--command=SELECT 1'];
      const { stderr } = spawnSync('docker', ['exec', 'todos-postgres', ...psql], { encoding: 'utf8' });
      expect(stderr).toContain('no password supplied');
    }
  });

  it('keeps its key to itself', () => {
    const modes = docker('exec', 'todos-postgres', 'stat', '--format=%a %u', '/tmp/server.pem');
    expect(modes).toBe('600 999');
    expect(docker('inspect', 'todos-api-1')).not.toContain('todos-postgres-certificate');
  });
});

describe('a server', () => {
  /** One more server like the deployed one, but for some of its environment. */
  async function startServer(name: string, environment: readonly string[]): Promise<string> {
    const port = await freePort();
    const env = JSON.parse(docker('inspect', '--format', '{{json .Config.Env}}', 'todos-api-1')) as string[];
    docker(
      ...['create', '--name', name, '--label', 'secured-postgrest.name=todos', '--network', 'todos'],
      ...['--publish', `127.0.0.1:${port}:3000`, '--volumes-from', 'todos-api-1'],
      ...[...env, ...environment].flatMap((variable) => ['--env', variable]),
      docker('inspect', '--format', '{{.Config.Image}}', 'todos-api-1'),
    );
    const other = join(todos.directory, 'other.pem');
    writeFileSync(other, certificateOf(newServerCertificate(['todos-postgres'])));
    docker('cp', other, `${name}:/other.pem`);
    docker('start', name);
    return `http://127.0.0.1:${port}/todos?select=title`;
  }

  const logs = (name: string) => spawnSync('docker', ['logs', name], { encoding: 'utf8' }).stderr;

  it('gets a connection with the certificate of the database', async () => {
    const url = await startServer('todos-control', []);
    await expect.poll(() => ask({ name: 'control', url }), { timeout: 30_000 }).toBe('200 []');
  });

  it.each([
    ['other-root', 'another certificate', () => 'PGSSLROOTCERT=/other.pem', 'certificate verify failed'],
    [
      'other-name',
      'a name that is not in it',
      () => `PGHOST=${addressOf('todos-postgres')}`,
      'does not match host name',
    ],
  ])('%s stays closed: it was given %s', async (id, _, environment, cause) => {
    const url = await startServer(`todos-${id}`, [environment()]);
    await expect.poll(() => logs(`todos-${id}`), { timeout: 30_000 }).toContain(cause);
    // PostgREST lets requests wait for its first connection.
    const answer = await fetch(url, { signal: AbortSignal.timeout(3000) }).then(
      ({ status }) => status,
      () => 'none',
    );
    expect(['none', 503]).toContain(answer);
  });

  function addressOf(container: string): string {
    return docker('inspect', '--format', '{{(index .NetworkSettings.Networks "todos").IPAddress}}', container);
  }
});

it('a deploy renews a certificate that is about to expire, and keeps the data', async () => {
  await todos.sql(`INSERT INTO api.todos (user_id, title, public) VALUES (1, 'kept', true)`);
  const pem = join(todos.secrets, 'todos-postgres.pem');
  const nineYearsAgo = new Date(Date.now() - 9.1 * 365 * 24 * 60 * 60 * 1000);
  const old = newServerCertificate(['todos-postgres', 'localhost', '127.0.0.1'], nineYearsAgo);
  writeFileSync(pem, old);
  const run = await todos.deploy();
  expect(touched(run)).toEqual(
    expect.arrayContaining(['docker_container.database_container', 'docker_container.api_server_api-1']),
  );
  expect(readFileSync(pem, 'utf8')).not.toBe(old);
  expect(await titles()).toBe('200 [{"title":"kept"}]');
  expect(await todos.pending()).toEqual([]);
});
