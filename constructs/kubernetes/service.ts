import type { Construct } from 'constructs';
import { checkPort } from '../../compile/server/limits.ts';
import { type KubernetesAttributes, KubernetesResource } from '../synth/cdk/kubernetes.ts';
import { checkName, type KubernetesCluster } from './kubernetes-cluster.ts';
import { labels, type PodSelector, selectorLabels } from './labels.ts';

/** How clients reach the API. */
export interface KubernetesServiceProps {
  /** `ClusterIP` is for clients in the cluster, and for an Ingress or a Gateway of yours. @default 'ClusterIP' */
  readonly type?: 'ClusterIP' | 'LoadBalancer' | 'NodePort';
  /** @default 443, and 80 without a certificate */
  readonly port?: number;
  /** Port of each node, for a `NodePort`. @default Kubernetes chooses */
  readonly nodePort?: number;
  /** Annotations for a cloud's load balancer. @default none */
  readonly annotations?: Readonly<Record<string, string>>;
}

/** Clients of a Service: the pods of a namespace, or a network such as `10.0.0.0/8`. */
export type Peer = { readonly namespace: string } | { readonly cidr: string };

/** Peers in the words of Terraform's provider. */
export function peers(from: readonly Peer[]): KubernetesAttributes[] {
  return from.map((peer) =>
    'cidr' in peer
      ? { ip_block: { cidr: peer.cidr } }
      : { namespace_selector: { match_labels: { 'kubernetes.io/metadata.name': peer.namespace } } },
  );
}

export interface ServicePlacement extends PodSelector {
  readonly cluster: KubernetesCluster;
  readonly serviceName: string;
  readonly identity: string;
  readonly targetPort: number;
  readonly hasCertificate: boolean;
  readonly props: KubernetesServiceProps;
}

/** A Service in front of the pods of a component. */
export function placeService(scope: Construct, placement: ServicePlacement) {
  const { cluster, serviceName, targetPort, hasCertificate, props } = placement;
  const { type = 'ClusterIP', annotations, nodePort } = props;
  const place = `${scope.node.path}.service`;
  checkName(`${place}.name`, serviceName);
  const port = checkPort(`${place}.port`, props.port ?? (hasCertificate ? 443 : 80));
  if (nodePort !== undefined) checkPort(`${place}.nodePort`, nodePort);
  const resource = new KubernetesResource(
    scope,
    'service',
    'kubernetes_service_v1',
    {
      metadata: {
        name: serviceName,
        namespace: cluster.namespace,
        labels: labels(placement, placement.identity),
        ...(annotations && { annotations }),
      },
      spec: {
        type,
        selector: selectorLabels(placement),
        port: [
          {
            name: hasCertificate ? 'https' : 'http',
            port,
            target_port: String(targetPort),
            protocol: 'TCP',
            ...(nodePort !== undefined && { node_port: nodePort }),
          },
        ],
        // Otherwise all clients would have the address of a node, and share its limits.
        ...(type !== 'ClusterIP' && { external_traffic_policy: 'Local' }),
      },
      // The pods come afterwards, and a load balancer may take its time.
      wait_for_load_balancer: false,
    },
    { provider: cluster.provider, dependsOn: [...cluster.waitFor] },
  );
  return { resource, host: `${serviceName}.${cluster.namespace}.svc`, port };
}
