import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { declare } from '../../declaration/index.ts';
import { withClient } from '../../postgres/with-client.ts';
import { Deployment, docker, engineObjects, root, type Run } from '../support/deployment.ts';
import { commands } from '../support/docs/shell.ts';
import { curlImage, hasImages, postgres18Image, postgrest14Image, postgrest16Image } from '../support/images.ts';

const NAME = 'aging';
const SERVER = `${NAME}-api-1`;
const DATABASE = `${NAME}-postgres`;
/** A request that waits until the lock is free, and then answers. */
const LOCK = 1607;

const declaring = (settings: Readonly<Record<string, string>> = {}) =>
  declare({
    name: NAME,
    schemas: ['api'],
    roles: { anonymous: { name: 'aging_anon', statementTimeoutMs: 120_000 }, users: [] },
    migrations: [
      {
        file: '001_wait.sql',
        sql: `CREATE FUNCTION wait() RETURNS text LANGUAGE sql VOLATILE AS $$
          SELECT pg_advisory_xact_lock(${LOCK}); SELECT 'answered' $$`,
      },
    ],
    functions: [{ name: 'wait', execute: 'aging_anon' }],
    server: { version: '16.2', settings },
  });

const needed = [postgres18Image, postgrest14Image, postgrest16Image, curlImage];
const missing = !hasImages(...needed);
const title = missing
  ? `deploys with PostgreSQL 18, and PostgREST 16 and 14 (build.sh makes ${needed.join(', ')} where postgrest-14 and -16 are on the PATH)`
  : 'a deploy with PostgreSQL 18 and PostgREST 16, as the defaults are, and then with PostgREST 14';

const health = (container: string) => docker('inspect', '--format', '{{.State.Health.Status}}', container);

/** Asks from another container of the network; the exit status of curl is 7 where the port is closed. */
function askFrom(network: string, url: string): string {
  try {
    return docker('run', '--rm', '--network', network, curlImage, '--silent', '--show-error', '--max-time', '20', url);
  } catch (error) {
    return (error as Error).message;
  }
}

/** Tests if no server takes a connection, however long one may need to answer. */
const isClosed = (url: string) =>
  fetch(url).then(
    () => false,
    () => true,
  );

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 100));
}

describe.skipIf(missing && process.env['REQUIRE_DEPLOY_TESTS'] !== '1')(title, () => {
  let deployment: Deployment;
  let first: Run;

  beforeAll(async () => {
    deployment = await Deployment.declaring(declaring(), {
      POSTGRES_IMAGE: postgres18Image,
      POSTGREST_IMAGE: postgrest16Image,
    });
    first = await deployment.deploy();
  });

  afterAll(() => deployment?.remove());

  function isHealthyAndClosed(): void {
    const all = engineObjects('container', NAME).filter((name) => !name.includes('-writer-'));
    expect(all.sort()).toEqual([SERVER, DATABASE]);
    expect(all.map(health)).toEqual(['healthy', 'healthy']);
    expect(askFrom(NAME, `http://${SERVER}:3000/rpc/none`)).toContain('"code"');
    expect(askFrom(NAME, `http://${SERVER}:3001/ready`)).toMatch(/Failed to connect|refused/);
  }

  it('ends when every container is healthy, and no other container reaches the admin port', () => {
    expect(first.status, first.output).toBe(0);
    isHealthyAndClosed();
  });

  it('has metrics, by the recipe of the docs', async () => {
    const [line = []] = /```sh\n(docker run [^]*?)```/
      .exec(readFileSync(`${root}/docs/constructs.md`, 'utf8'))!
      .slice(1)
      .flatMap(commands);
    const headers = { Authorization: `Bearer ${await deployment.tokenFor('aging_anon')}` };
    for (let n = 0; n < 2; n++) await fetch(`${deployment.url}/rpc/none`, { headers });
    const words = line.map((word) => word.replace('curlimages/curl', curlImage).replace('todos', NAME));
    const metrics = docker(...words.slice(1));
    expect(metrics).toMatch(/^pgrst_db_pool_max 10/m);
    expect(metrics).toMatch(/^pgrst_jwt_cache_hits_total [1-9]/m);
  });

  it('a server that loses its database is called unhealthy, in its own words', async () => {
    docker('network', 'disconnect', NAME, DATABASE);
    try {
      docker('restart', SERVER);
      await until(() => health(SERVER) === 'unhealthy');
      const options = ['--url', deployment.url, '--container', SERVER, '--hide', deployment.secrets];
      const { status, output } = await deployment.command(['wait', ...options, '--timeout', '1']);
      expect(status).toBe(1);
      expect(output).toMatch(new RegExp(`${SERVER} \\| .*could not translate host name "${DATABASE}" to address`));
      expect(output).toContain('[server_not_ready]');
    } finally {
      docker('network', 'connect', NAME, DATABASE);
    }
    await until(() => health(SERVER) === 'healthy');
  });

  it('answers the requests that it has when a deploy replaces it, here by an older version', async () => {
    const [answer, deploy] = await withClient(deployment.admin, async (client) => {
      await client.query(`SELECT pg_advisory_lock(${LOCK})`);
      const request = fetch(`${deployment.url}/rpc/wait`, { method: 'POST' }).then((response) => response.text());
      await until(async () => {
        const { rowCount } = await client.query(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`);
        return rowCount === 1;
      });
      const deployed = deployment.deploy({ POSTGREST_IMAGE: postgrest14Image });
      // It listens no more, and still has the one request.
      await Promise.race([until(() => isClosed(deployment.url)), deployed]);
      await client.query(`SELECT pg_advisory_unlock(${LOCK})`);
      return [await request, await deployed];
    });
    expect(deploy.status, deploy.output).toBe(0);
    expect(answer).toBe('"answered"');
    expect(docker('inspect', '--format', '{{.Config.Image}}', SERVER)).toBe(postgrest14Image);
    isHealthyAndClosed();
  });

  it('fails with the words of a database that does not start, and succeeds when it does', async () => {
    const inData = (command: string) =>
      docker(
        ...['run', '--rm', '--network', 'none', '--volumes-from', DATABASE, '--entrypoint', '/bin/sh', postgres18Image],
        ...['-c', `cd "$PGDATA" && ${command}`],
      );
    inData('echo nonsense >>postgresql.auto.conf');
    const { status, output } = await deployment.tryDeploy({ DATABASE_CPUS: '1' });
    expect(status).not.toBe(0);
    expect(output).toMatch(new RegExp(`${DATABASE} \\| .*postgresql.auto.conf" contains errors`));
    expect(output).toMatch(/the server has ended \d+ times, with exit code 1; .*\[server_not_ready\]/s);
    inData('sed -i /^nonsense/d postgresql.auto.conf');
    await deployment.deploy({ DATABASE_CPUS: '1', POSTGREST_IMAGE: postgrest14Image });
    await until(() => health(SERVER) === 'healthy');
  });

  it('fails with the words of a server that does not start', async () => {
    deployment.declare(declaring({ 'db-tx-end': 'sometimes' }));
    const { status, output } = await deployment.tryDeploy();
    expect(status).not.toBe(0);
    expect(output).toMatch(new RegExp(`${SERVER} \\| .*Invalid transaction termination`));
    expect(output).toMatch(/the server has ended \d+ times, with exit code 1; .*\[server_not_ready\]/s);
  });
});
