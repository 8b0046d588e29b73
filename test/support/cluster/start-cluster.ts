import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { root } from '../checkout.ts';
import { type Addresses, takeAddresses } from './addresses.ts';
import { makeClusterDirectory, removeAbandonedClusters, removeCluster } from './cluster-directory.ts';
import { ClusterNode } from './cluster-node.ts';
import { ControlPlane } from './control-plane.ts';
import { makeControlGroup } from './control-groups.ts';
import { Machine } from './machine.ts';
import { connectControl } from './network.ts';
import { builtPrograms } from './programs.ts';

const NODES = [1, 2];
const PATIENCE_MS = 180_000;
const HERE = join(root, 'test/support/cluster');

const runFile = promisify(execFile);

export interface Cluster {
  /** File with the credentials of an admin. */
  readonly kubeconfig: string;
  readonly nodes: readonly ClusterNode[];
  /** This machine's address in the cluster's network. Pods reach what listens there. */
  readonly hostAddress: string;
  readonly addresses: Addresses;
  /** Requests to the API with their bodies and answers, a JSON object a line; of secrets, without them. */
  readonly auditLog: string;
  /** Directory with a log of each component. */
  readonly directory: string;
  /** The API server. */
  readonly api: { stop(): Promise<void>; start(): Promise<void> };
  /** Runs `kubectl` as the admin and answers what it prints. */
  kubectl(...args: string[]): Promise<string>;
  /** Applies manifests, as YAML or JSON. */
  apply(manifests: string): Promise<string>;
  /** Copies images of the Docker engine to all nodes. Pods that use them need `imagePullPolicy: Never` or `IfNotPresent`. */
  loadImage(...images: string[]): void;
  /** Ends and removes all that belongs to the cluster. */
  stop(): Promise<void>;
}

/** Starts a cluster of two nodes, each with network namespaces and processes of its own, and waits until all of it works. */
export async function startCluster(): Promise<Cluster> {
  await removeAbandonedClusters();
  const programs = builtPrograms();
  const directory = makeClusterDirectory();
  const machines: { halt(): Promise<void> }[] = [];
  const stop = async () => {
    await Promise.all(machines.map((machine) => machine.halt()));
    await removeCluster(directory);
  };
  try {
    const control = await Machine.boot('control', join(directory, 'control'), programs.bin);
    machines.push(control);
    const addresses = takeAddresses(basename(directory), control.pid);
    await connectControl(control, addresses, NODES);

    const credentials = join(directory, 'credentials');
    const names = NODES.map((number) => `node-${number}`);
    mkdirSync(credentials, { mode: 0o700 });
    await runFile(join(HERE, 'credentials.sh'), [addresses.control, addresses.apiService, ...names], {
      cwd: credentials,
    });

    const auditLog = join(directory, 'audit.log');
    const plane = new ControlPlane(control, addresses, credentials, join(HERE, 'audit-policy.yaml'), auditLog);
    plane.start();

    const nodes = NODES.map((number) => {
      const controlGroup = `/${basename(directory)}/node-${number}`;
      makeControlGroup(controlGroup);
      const name = `node-${number}`;
      const settings = { number, directory: join(directory, name), credentials, controlGroup, addresses, programs };
      return new ClusterNode(
        name,
        settings,
        control,
        NODES.filter((other) => other !== number),
      );
    });
    machines.push(...nodes.map((node) => ({ halt: () => node.stop() })));

    const kubeconfig = join(credentials, 'admin.kubeconfig');
    const kubectl = async (...args: string[]) =>
      (await runFile(join(programs.bin, 'kubectl'), ['--kubeconfig', kubeconfig, ...args], { maxBuffer: 2 ** 26 }))
        .stdout;
    const apply = async (manifests: string) => {
      const applied = runFile(join(programs.bin, 'kubectl'), ['--kubeconfig', kubeconfig, 'apply', '--filename', '-']);
      applied.child.stdin!.end(manifests);
      return (await applied).stdout;
    };
    const answers = () =>
      waitFor(
        () => kubectl('get', '--raw', '/readyz'),
        () => plane.expectRunning(),
      );

    const manifest = (name: string) => readFileSync(join(HERE, 'manifests', `${name}.yaml`), 'utf8');
    const applyAll = async () => {
      await answers();
      await apply(manifest('policies'));
      await apply(manifest('dns').replace('$DNS_ADDRESS', addresses.dns));
      await apply(manifest('metrics'));
    };
    await Promise.all([applyAll(), ...nodes.map((node) => node.start())]);
    const works = async () => {
      await kubectl('wait', '--for=condition=Ready', ...names.map((name) => `node/${name}`), '--timeout=5s');
      await kubectl('--namespace=kube-system', 'rollout', 'status', 'daemonset/coredns', '--timeout=5s');
      await kubectl('wait', '--for=condition=Available', 'apiservice/v1beta1.metrics.k8s.io', '--timeout=5s');
    };
    await waitFor(works, () => {
      plane.expectRunning();
      for (const node of nodes) node.expectRunning();
    });

    return {
      ...{ kubeconfig, nodes, hostAddress: addresses.host, addresses, auditLog, directory, kubectl, apply, stop },
      api: {
        stop: () => plane.stopApi(),
        start: async () => {
          plane.startApi();
          await answers();
        },
      },
      loadImage: (...images) => {
        for (const image of images) for (const node of nodes) node.loadImage(image);
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Tries again until it succeeds; `expectAlive` throws where that cannot be any more. */
async function waitFor(attempt: () => Promise<unknown>, expectAlive: () => void): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; ; await delay(200)) {
    try {
      await attempt();
      return;
    } catch (error) {
      expectAlive();
      if (Date.now() > end) throw error;
    }
  }
}
