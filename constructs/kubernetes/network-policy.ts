import { isIPv4, isIPv6 } from 'node:net';
import type { Construct } from 'constructs';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { Token } from '../synth/cdk/core.ts';
import { type KubernetesAttributes, KubernetesResource } from '../synth/cdk/kubernetes.ts';
import type { KubernetesCluster } from './kubernetes-cluster.ts';
import { labels, type PodSelector, selectorLabels } from './labels.ts';

/** Traffic to and from the pods of a component. */
export interface AllowedTraffic extends PodSelector {
  readonly cluster: KubernetesCluster;
  readonly deploymentName: string;
  readonly identity: string;
  /** Ports that others may reach. */
  readonly ingress: readonly { readonly port: number; readonly from?: readonly KubernetesAttributes[] }[];
  /** Ports of others that the pods may reach. */
  readonly egress: readonly { readonly port: number; readonly to?: readonly KubernetesAttributes[] }[];
  /** True if the pods look names up. */
  readonly usesNames: boolean;
}

/** Closes everything but the traffic that is named. */
export function networkPolicy(scope: Construct, traffic: AllowedTraffic): void {
  const { cluster, deploymentName, ingress, egress, usesNames } = traffic;
  const port = (number: number, protocol = 'TCP') => ({ port: String(number), protocol });
  // Cluster DNS runs in pods, on nodes, or elsewhere.
  const names = usesNames ? [{ ports: [port(53, 'UDP'), port(53)] }] : [];
  new KubernetesResource(
    scope,
    'network-policy',
    'kubernetes_network_policy_v1',
    {
      metadata: {
        name: deploymentName,
        namespace: cluster.namespace,
        labels: labels(traffic, traffic.identity),
      },
      spec: {
        pod_selector: { match_labels: selectorLabels(traffic) },
        policy_types: ['Ingress', 'Egress'],
        ingress: ingress.map(({ port: number, from = [] }) => ({ ports: [port(number)], from: [...from] })),
        egress: [...egress.map(({ port: number, to = [] }) => ({ ports: [port(number)], to: [...to] })), ...names],
      },
    },
    { provider: cluster.provider, dependsOn: [...cluster.waitFor] },
  );
}

/**
 * Rejects a list that is given and empty: a policy would take it for everyone.
 *
 * @throws SecuredPostgrestError `invalid_prop`
 */
export function checkNotEmpty(place: string, list: readonly unknown[] | undefined): void {
  if (list?.length === 0) refuse('invalid_prop', place, 'the list is empty', 'name at least one, or leave it out');
}

/** Pods of a component as a peer. */
export function podsOf(selector: PodSelector): KubernetesAttributes {
  return { pod_selector: { match_labels: selectorLabels(selector) } };
}

/** Hosts as peers: those networks that are given, the addresses of literal hosts, else all. */
export function hostsAsPeers(
  hosts: readonly string[],
  networks: readonly string[] | undefined,
): readonly KubernetesAttributes[] {
  if (networks) return networks.map((cidr) => ({ ip_block: { cidr } }));
  if (!hosts.every(isAddress)) return [];
  return hosts.map((host) => ({ ip_block: { cidr: `${host}/${isIPv6(host) ? 128 : 32}` } }));
}

/** True for a literal address, which needs no look-up. */
export function isAddress(host: string): boolean {
  return !Token.isUnresolved(host) && (isIPv4(host) || isIPv6(host));
}
