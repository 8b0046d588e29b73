import { spawnSync } from 'node:child_process';
import { must } from './must.ts';

/** Clusters that can run at the same time: each has 16 of the networks 10.217.x.0/24. */
const CLUSTERS = 16;

export interface Addresses {
  /** Network interface of this machine, by which it reaches the cluster. */
  readonly link: string;
  readonly host: string;
  readonly control: string;
  readonly node: (number: number) => string;
  /** Pods of a node. */
  readonly pods: (number: number) => string;
  readonly allPods: string;
  readonly services: string;
  readonly apiService: string;
  readonly dns: string;
}

function addressesOf(cluster: number): Addresses {
  const network = (part: number) => `10.217.${16 * cluster + part}`;
  return {
    link: `kube-${cluster}`,
    host: `${network(0)}.1`,
    control: `${network(0)}.2`,
    node: (number) => `${network(0)}.${10 + number}`,
    pods: (number) => `${network(4 + number)}.0/24`,
    allPods: `${network(4)}.0/22`,
    services: `${network(8)}.0/21`,
    apiService: `${network(8)}.1`,
    dns: `${network(8)}.10`,
  };
}

/** Connects this machine to the control machine of a cluster, and so takes addresses that no other cluster has. */
export function takeAddresses(clusterName: string, controlPid: number): Addresses {
  for (let cluster = 0; cluster < CLUSTERS; cluster += 1) {
    const addresses = addressesOf(cluster);
    const peer = ['type', 'veth', 'peer', 'name', 'host', 'netns', String(controlPid)];
    const { status, stderr } = spawnSync('ip', ['link', 'add', addresses.link, ...peer], { encoding: 'utf8' });
    if (status === 0) {
      must('ip', 'link', 'set', addresses.link, 'alias', clusterName);
      return addresses;
    }
    if (!stderr.includes('File exists')) throw new Error(`ip link add ${addresses.link}: ${stderr}`);
  }
  const links = must('ip', '-brief', 'link');
  throw new Error(`${CLUSTERS} clusters run already; end one of them:\n${links}`);
}

/** Removes a cluster's connection: the kernel may take a while to find that its other end has gone. */
export function returnAddresses(clusterName: string): void {
  const links = JSON.parse(must('ip', '-json', 'link')) as { ifname: string; ifalias?: string }[];
  for (const { ifname, ifalias } of links) {
    // It may have gone by itself in this moment.
    if (ifalias === clusterName) spawnSync('ip', ['link', 'delete', ifname]);
  }
}
