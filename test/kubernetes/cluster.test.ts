import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../support/checkout.ts';
import { removeAbandonedClusters } from '../support/cluster/cluster-directory.ts';
import { type Cluster, startCluster } from '../support/cluster/start-cluster.ts';
import { FULL_TESTS } from '../support/fuzz.ts';
import { nginxImage } from '../support/images.ts';

const lines = (program: string, ...args: string[]) => execFileSync(program, args, { encoding: 'utf8' }).split('\n');

/** What this machine has of a cluster: other tests may change what else it has. */
function tracesOf(directory: string, hostAddress: string): string[] {
  const name = basename(directory);
  const network = hostAddress.replace(/\.1$/, '.');
  const hierarchies = readdirSync('/sys/fs/cgroup').map((hierarchy) => join('/sys/fs/cgroup', hierarchy, name));
  return [
    ...lines('ps', '-eo', 'args').filter((line) => line.includes(directory) && !line.startsWith('ps ')),
    ...lines('ip', '-brief', 'address').filter((line) => line.includes(network)),
    ...lines('ip', 'route').filter((line) => line.includes(network)),
    ...lines('iptables-save').filter((line) => line.includes('KUBE-') || line.includes(network)),
    ...readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes(name)),
    ...[directory, join('/sys/fs/cgroup', name), ...hierarchies].filter((path) => existsSync(path)),
  ];
}

/** Settings of the whole kernel, which a kubelet changes. */
const kernelSettings = () =>
  lines('sysctl', 'vm.overcommit_memory', 'vm.panic_on_oom', 'kernel.panic', 'kernel.panic_on_oops');

/** A web server with curl on a node of its own. It answers with its name. */
const web = (name: string, node: number, labels: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'talk', labels: { name, ...labels } },
  spec: {
    nodeSelector: { 'kubernetes.io/hostname': `node-${node}` },
    terminationGracePeriodSeconds: 0,
    containers: [
      {
        name: 'web',
        image: nginxImage,
        imagePullPolicy: 'Never',
        command: ['/usr/sbin/nginx', '-g', 'daemon off;', '-c', '/config/nginx.conf'],
        securityContext: { runAsUser: 0 },
        volumeMounts: [{ name: 'config', mountPath: '/config' }],
        resources: { requests: { cpu: '10m' } },
      },
    ],
    volumes: [{ name: 'config', configMap: { name: 'nginx' } }],
  },
});

const service = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'talk' },
  spec: { type: 'NodePort', selector: { name }, ports: [{ port: 80 }] },
});

const nginx = {
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'nginx', namespace: 'talk' },
  data: { 'nginx.conf': 'events {} http { server { listen 80; location / { return 200 $hostname; } } }' },
};

/** Exit status of curl that cannot connect, or waits in vain. */
const BLOCKED = /exit code (7|28)/;

const namespace = (name: string, labels: object = {}) => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, labels },
});

/** Minutes of work about the cluster of the tests. Those that deploy to it show in passing that it scales and loses a node. */
const itWhole = it.runIf(FULL_TESTS);

let cluster: Cluster;
const before = kernelSettings();

const apply = (...items: object[]) => cluster.apply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));

/** What curl in a pod prints, or the error. */
const ask = (pod: string, url: string) =>
  cluster
    .kubectl('--namespace=talk', 'exec', pod, '--', 'curl', '--silent', '--show-error', '--max-time', '2', url)
    .catch((error: Error) => error.message);

/** A field of the pod or the service `web-2`. */
const field = (kind: string, path: string) =>
  cluster.kubectl('--namespace=talk', 'get', kind, 'web-2', `--output=jsonpath=${path}`);

const readiness = (node: string) =>
  cluster.kubectl('get', 'node', node, '--output=jsonpath={.status.conditions[?(@.type=="Ready")].status}');

beforeAll(async () => {
  await removeAbandonedClusters();
  cluster = await startCluster();
  cluster.loadImage(nginxImage);
  await apply(
    namespace('talk'),
    nginx,
    ...[web('web-1', 1), web('web-2', 2), web('stranger-1', 1), web('stranger-2', 2)],
    ...[service('web-1'), service('web-2')],
  );
  await cluster.kubectl('--namespace=talk', 'wait', '--for=condition=Ready', 'pod', '--all', '--timeout=120s');
});

afterAll(() => cluster?.stop());

describe('a cluster of network namespaces', () => {
  it('has two nodes that are ready', async () => {
    expect(await readiness('node-1')).toBe('True');
    expect(await readiness('node-2')).toBe('True');
  });

  it.each([
    ['stranger-1', 'web-2'],
    ['stranger-2', 'web-1'],
    ['stranger-1', 'web-1'],
  ])('lets %s reach %s by the name of its service', async (from, to) => {
    await expect.poll(() => ask(from, `http://${to}`)).toBe(to);
    await expect.poll(() => ask(from, `http://${to}.talk.svc.cluster.local`)).toBe(to);
  });

  it('lets this machine reach pods, services and node ports', async () => {
    const port = await field('service', '{.spec.ports[0].nodePort}');
    const hosts = [await field('pod', '{.status.podIP}'), await field('service', '{.spec.clusterIP}')];
    const urls = [...hosts, ...cluster.nodes.map(({ address }) => `${address}:${port}`)].map(
      (host) => `http://${host}`,
    );
    for (const url of urls) expect(await (await fetch(url)).text(), url).toBe('web-2');
  });

  it('lets pods reach what listens on this machine', async () => {
    const server = createServer((_, response) => response.end('this machine')).listen(0, cluster.hostAddress);
    await once(server, 'listening');
    const { port } = server.address() as { port: number };
    expect(await ask('web-1', `http://${cluster.hostAddress}:${port}`)).toBe('this machine');
    server.close();
  });

  it('enforces network policies, between nodes and on one node', async () => {
    await apply({
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata: { name: 'web-2', namespace: 'talk' },
      spec: {
        podSelector: { matchLabels: { name: 'web-2' } },
        policyTypes: ['Ingress', 'Egress'],
        ingress: [{ from: [{ podSelector: { matchLabels: { name: 'web-1' } } }] }],
        egress: [{ ports: [{ port: 53, protocol: 'UDP' }] }],
      },
    });
    for (const stranger of ['stranger-1', 'stranger-2'])
      await expect.poll(() => ask(stranger, 'http://web-2')).toMatch(BLOCKED);
    expect(await ask('web-1', 'http://web-2')).toBe('web-2');
    expect(await ask('web-2', 'http://web-1')).toMatch(BLOCKED);
    expect(await ask('stranger-1', 'http://web-1')).toBe('web-1');
    await cluster.kubectl('--namespace=talk', 'delete', 'networkpolicy', 'web-2');
    await expect.poll(() => ask('stranger-1', 'http://web-2')).toBe('web-2');
    await expect.poll(() => ask('web-2', 'http://web-1')).toBe('web-1');
  });

  it('refuses a pod as root in a namespace of the restricted standard', async () => {
    await apply(namespace('restricted', { 'pod-security.kubernetes.io/enforce': 'restricted' }));
    const { kind, apiVersion, spec } = web('root', 1);
    const privileged = { apiVersion, kind, metadata: { name: 'root', namespace: 'restricted' }, spec };
    await expect(apply(privileged)).rejects.toThrow(/violates PodSecurity "restricted:latest"/);
  });

  itWhole('measures what pods and nodes use, for `kubectl top` and autoscalers', async () => {
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'scaled', namespace: 'talk' },
      spec: {
        selector: { matchLabels: { name: 'scaled' } },
        template: { ...web('scaled', 1), apiVersion: undefined, kind: undefined },
      },
    };
    await apply(deployment);
    await cluster.kubectl('--namespace=talk', 'autoscale', 'deployment', 'scaled', '--max=2', '--cpu=50%');
    await expect.poll(() => cluster.kubectl('top', 'nodes').catch(String)).toMatch(/node-1 .*\n.*node-2 /);
    await expect.poll(() => cluster.kubectl('top', 'pods', '--namespace=talk').catch(String)).toMatch(/web-1 +\d+m +/);
    const used = '--output=jsonpath={.status.currentMetrics[0].resource.current.averageUtilization}';
    await expect.poll(() => cluster.kubectl('--namespace=talk', 'get', 'hpa', 'scaled', used)).toMatch(/^\d+$/);
    await cluster.kubectl('--namespace=talk', 'delete', 'hpa,deployment', 'scaled');
  });

  it('notes requests in the audit log, of secrets without what they hold', async () => {
    await cluster.kubectl('create', 'secret', 'generic', 'noted', '--from-literal=word=mellon');
    await cluster.kubectl('create', 'configmap', 'noted', '--from-literal=word=tree');
    const log = () => readFileSync(cluster.auditLog, 'utf8');
    await expect.poll(log).toContain('"word":"tree"');
    expect(log()).toContain('/api/v1/namespaces/default/secrets?');
    expect(log()).not.toContain('mellon');
    expect(log()).not.toContain(Buffer.from('mellon').toString('base64'));
  });

  itWhole('loses a node that is cut off, until its network is back', async () => {
    const [, node] = cluster.nodes;
    await node!.cutOff();
    await expect.poll(() => readiness('node-2')).toBe('Unknown');
    await node!.reconnect();
    await expect.poll(() => readiness('node-2')).toBe('True');
    await expect.poll(() => ask('web-1', 'http://web-2')).toBe('web-2');
  });

  itWhole('loses a node that is switched off, until it starts again', async () => {
    const [, node] = cluster.nodes;
    await node!.stop();
    await expect.poll(() => readiness('node-2')).toBe('Unknown');
    await node!.start();
    await expect.poll(() => readiness('node-2')).toBe('True');
    await expect.poll(() => ask('web-1', 'http://web-2')).toBe('web-2');
  });

  it('serves requests without its API, which comes back', async () => {
    const url = `http://${await field('pod', '{.status.podIP}')}`;
    await cluster.api.stop();
    await expect(cluster.kubectl('get', 'nodes')).rejects.toThrow(/refused/);
    expect(await (await fetch(url)).text()).toBe('web-2');
    await cluster.api.start();
    await expect.poll(() => readiness('node-1')).toBe('True');
  });

  it('leaves nothing when it stops', async () => {
    const { directory, hostAddress } = cluster;
    expect(tracesOf(directory, hostAddress).length).toBeGreaterThan(20);
    await cluster.stop();
    expect(tracesOf(directory, hostAddress)).toEqual([]);
    expect(kernelSettings()).toEqual(before);
  });

  itWhole('ends with a process that is killed, and the next one removes its files', async () => {
    const starting = spawn(process.execPath, ['--import', 'tsx', 'test/support/cluster/main.ts'], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    starting.stdout.on('data', (data: Buffer) => (output += data.toString()));
    await expect.poll(() => output, { timeout: 180_000 }).toMatch(/Ctrl-C/);
    const directory = /KUBECONFIG=(.+)\/credentials/.exec(output)![1]!;
    const address = /# (\S+) is this machine/.exec(output)![1]!;
    starting.kill('SIGKILL');
    const files = [
      directory,
      ...readdirSync('/sys/fs/cgroup').map((part) => join('/sys/fs/cgroup', part, basename(directory))),
    ];
    // The kernel may take a minute to give the connection up.
    await expect
      .poll(() => tracesOf(directory, address).filter((trace) => !files.includes(trace) && !trace.includes('10.217.')))
      .toEqual([]);
    await removeAbandonedClusters();
    expect(tracesOf(directory, address)).toEqual([]);
  });
});
