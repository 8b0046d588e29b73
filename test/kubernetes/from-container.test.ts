import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import notes from '../../examples/existing/declaration.ts';
import { ClusteredDeployment } from '../support/clustered/clustered-deployment.ts';
import { engineObjects, runningServers } from '../support/deployment.ts';
import { codeBlocks, shellLines } from '../support/docs/markdown.ts';
import { commands } from '../support/docs/shell.ts';
import { GatewayClient } from '../support/gateway-client.ts';
import { nginxImage, postgres18Image, postgrestImage } from '../support/images.ts';

const PAGE = 'docs/kubernetes.md';
const ADA = '00000000-0000-4000-8000-00000000000a';

let clustered: ClusteredDeployment;
/** Of the first step. */
let token: string;

beforeAll(async () => {
  clustered = await ClusteredDeployment.start(
    notes,
    postgres18Image,
    [postgrestImage, nginxImage],
    'examples/cluster/main.js',
  );
  const { cluster, deployment, postgres } = clustered;
  Object.assign(deployment.env, {
    DATABASE_HOST: postgres.host,
    DATABASE_PORT: String(postgres.port),
    DATABASE_ADMIN: 'admin',
    DATABASE_PASSWORD_FILE: 'admin password',
    DATABASE_ROOT_CERTIFICATE: 'authority.pem',
    DATABASE_NETWORK: postgres.network,
    KUBECONFIG: cluster.kubeconfig,
  });
});

afterAll(() => clustered?.stop());

/** Runs what the page shows under a heading for the CLI of CDKTF. */
async function step(heading: string, env: NodeJS.ProcessEnv = {}): Promise<string> {
  const line = shellLines(PAGE, heading).find((line) => line.includes('npx cdktf'))!;
  const [, PLATFORM, rest] = /PLATFORM=(\w+) npx cdktf (.*) --app/.exec(line)!;
  const args = [...commands(rest!)[0]!, '--auto-approve', '--skip-provider-lock'];
  const { status, output } = await clustered.deployment.cdktf(args, { ...env, PLATFORM });
  expect(status, output).toBe(0);
  return output;
}

const ask = (method = 'GET', text?: string) =>
  fetch(`${clustered.deployment.url}/notes?select=text&order=text`, {
    ...{ method, headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' } },
    ...(text !== undefined && { body: JSON.stringify({ text }) }),
  });

/** The answer of the cluster to the token of the first step. */
async function askCluster(): Promise<{ status: number; body: unknown }> {
  const certificate = readFileSync(join(clustered.deployment.secrets, 'notes-certificate.pem'), 'utf8');
  const client = new GatewayClient(443, certificate, {
    host: await clustered.address(),
    servername: 'notes.notes.svc',
  });
  client.token = token;
  const { status, body } = await client.ask('/notes?select=text&order=text');
  return { status, body: JSON.parse(body) };
}

describe('from one container to a cluster', () => {
  it('a container serves first', async () => {
    await step('1. The container');
    token = await clustered.deployment.tokenFor('notes_user', {}, { subject: ADA });
    expect((await ask('POST', 'in a container')).status).toBe(201);
    expect(await (await ask()).json()).toEqual([{ text: 'in a container' }]);
  });

  it('pods serve beside it, with the same rows and tokens, and it stays as it is', async () => {
    const before = runningServers('notes');
    await step('2. Both');
    expect(runningServers('notes')).toEqual(before);
    expect((await ask('POST', 'with both')).status).toBe(201);
    const rows = [{ text: 'in a container' }, { text: 'with both' }];
    expect(await (await ask()).json()).toEqual(rows);
    expect(await askCluster()).toEqual({ status: 200, body: rows });
  });

  it('`doctor` has no complaint about the cluster', async () => {
    const { output } = await clustered.deployment.command(['doctor', '--namespace', 'notes']);
    expect(output).toContain('cluster: Kubernetes v');
    expect(output).not.toMatch(/(problem|warning)\W+cluster/);
  });

  it('the container is removed last', async () => {
    await step('4. The cluster alone');
    expect(engineObjects('container', 'notes')).toEqual([]);
    expect(engineObjects('volume', 'notes')).toEqual([]);
    expect(engineObjects('network', 'notes')).toEqual([]);
    expect((await askCluster()).status).toBe(200);
  });

  it('then the cluster alone has nothing to do', async () => {
    clustered.deployment.env['PLATFORM'] = 'kubernetes';
    expect(await clustered.deployment.pending()).toEqual([]);
  });

  it('`destroy` leaves neither a container nor a namespace', async () => {
    await step('Destroy');
    expect(engineObjects('container', 'notes')).toEqual([]);
    const namespaces = await clustered.cluster.kubectl('get', 'namespaces', '--output=name');
    expect(namespaces.split('\n')).not.toContain('namespace/notes');
  });
});

describe('a deployer with the permissions of the page', () => {
  let env: NodeJS.ProcessEnv;

  beforeAll(async () => {
    const { cluster } = clustered;
    await cluster.apply(codeBlocks(PAGE).find(({ language }) => language === 'yaml')!.text);
    await clustered.kubectl('create', 'serviceaccount', 'deployer');
    const credential = (await clustered.kubectl('create', 'token', 'deployer')).trim();
    const own = join(clustered.deployment.directory, 'deployer.kubeconfig');
    copyFileSync(cluster.kubeconfig, own);
    await cluster.kubectl('--kubeconfig', own, 'config', 'set-credentials', 'deployer', `--token=${credential}`);
    await cluster.kubectl('--kubeconfig', own, 'config', 'set-context', '--current', '--user=deployer');
    env = { KUBECONFIG: own, CREATE_NAMESPACE: 'no', PLATFORM: 'kubernetes' };
  });

  it('passes `doctor`', async () => {
    const { output } = await clustered.deployment.command(['doctor', '--namespace', 'notes'], env);
    expect(output).not.toMatch(/(problem|warning)\W+cluster/);
  });

  it('deploys, and tokens from before `destroy` work again', async () => {
    await clustered.deployment.deploy(env);
    expect((await askCluster()).status).toBe(200);
  });

  it('rotates keys', async () => {
    const { deployment } = clustered;
    const rotate = ['keys', 'rotate', '--directory', join(deployment.secrets, 'keys')];
    expect((await deployment.command(rotate)).status).toBe(0);
    await deployment.deploy(env);
    expect((await askCluster()).status).toBe(200);
  });

  it('destroys what it has deployed', async () => {
    Object.assign(clustered.deployment.env, env);
    await clustered.deployment.destroy();
    expect((await clustered.kubectl('get', 'deployments,services,secrets', '--output=name')).trim()).toBe('');
  });
});
