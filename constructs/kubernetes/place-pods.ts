import type { Construct } from 'constructs';
import type { Server } from '../../compile/server/server.ts';
import { fingerprint } from '../fingerprint.ts';
import type { ITerraformDependable } from '../synth/cdk/core.ts';
import { type KubernetesAttributes, KubernetesResource } from '../synth/cdk/kubernetes.ts';
import type { KubernetesCluster } from './kubernetes-cluster.ts';
import { labels, type PodSelector, selectorLabels } from './labels.ts';
import { cpus, podContainer, temporaryVolumes } from './pod-container.ts';
import { podFiles, type ServerOfPod } from './pod-files.ts';
import type { CheckedReplicas } from './replicas.ts';
import { withoutReferences } from './references.ts';
import { Rollout } from './rollout.ts';

/** A server of a pod, with its probes and hooks in the words of Terraform's provider. */
export interface PlacedServer extends ServerOfPod {
  readonly lifecycle: KubernetesAttributes;
}

export interface PodPlacement extends PodSelector {
  readonly cluster: KubernetesCluster;
  /** Name of the Deployment and what belongs to it. */
  readonly deploymentName: string;
  /** Identity of the secrets directory that deploys it. */
  readonly identity: string;
  /** Servers that start before the main one and end after it, in this order. */
  readonly sidecars: readonly PlacedServer[];
  /** The server that clients reach. */
  readonly main: PlacedServer;
  readonly replicas: CheckedReplicas;
  /** Part of the CPUs that a node sets aside for a pod. */
  readonly cpuShare: number;
  /** Time until what is left of a pod is killed. */
  readonly graceSeconds: number;
  /** Time in which a new generation of pods has to be ready. */
  readonly rolloutSeconds: number;
  /** Files and directories with secrets that no log of a failed deploy shows. */
  readonly hide: readonly string[];
  /** Resources that must succeed before the pods change. */
  readonly dependsOn: readonly ITerraformDependable[];
}

export interface PlacedPods {
  /** Changes with the secrets that a running server reads. */
  readonly runningFingerprint: string;
  /** Changes when new pods are rolled out. */
  readonly generation: string;
  /** Dependencies to wait for until the cluster has the secrets, which running pods read. */
  readonly filesWritten: readonly ITerraformDependable[];
  /** Dependencies to wait for until all pods are new and ready. */
  readonly waitFor: readonly ITerraformDependable[];
}

/** Seconds after which a pod leaves a node that does not answer. */
const AWAY_SECONDS = 30;

/** Runs servers in the pods of a Deployment, and waits until all of its pods are of the present generation. */
export function placePods(scope: Construct, placement: PodPlacement): PlacedPods {
  const { cluster, deploymentName, sidecars, main, replicas, identity } = placement;
  const { namespace, provider } = cluster;
  const all = [...sidecars, main];
  const ownLabels = labels(placement, identity);
  const metadata = { name: deploymentName, namespace, labels: ownLabels };
  const files = podFiles(scope, all, { cluster, name: placement.name, labels: ownLabels });
  const container = ({ server, image, lifecycle }: PlacedServer) =>
    podContainer(server, { image, cpuRequest: server.limits.cpus * placement.cpuShare, lifecycle });
  const template = {
    metadata: { labels: ownLabels, annotations: files.annotations },
    spec: {
      // A sidecar: it starts before the main container, and ends after it.
      init_container: sidecars.map((sidecar) => ({ ...container(sidecar), restart_policy: 'Always' })),
      container: [container(main)],
      volume: [...files.volumes, ...all.flatMap(({ server }) => temporaryVolumes(server))],
      security_context: {
        run_as_non_root: true,
        fs_group: groupOf(main.server),
        seccomp_profile: { type: 'RuntimeDefault' },
      },
      automount_service_account_token: false,
      enable_service_links: false,
      ...(cluster.imagePullSecrets.length > 0 && {
        image_pull_secrets: cluster.imagePullSecrets.map((name) => ({ name })),
      }),
      termination_grace_period_seconds: placement.graceSeconds,
      topology_spread_constraint: ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((key) => ({
        max_skew: 1,
        topology_key: key,
        // With the other choice, a node that is drained would hold up its own pods.
        when_unsatisfiable: 'ScheduleAnyway',
        // Without it the pods of the generation before count, which are about to end.
        match_label_keys: ['pod-template-hash'],
        label_selector: { match_labels: selectorLabels(placement) },
      })),
      toleration: ['not-ready', 'unreachable'].map((state) => ({
        key: `node.kubernetes.io/${state}`,
        operator: 'Exists',
        effect: 'NoExecute',
        toleration_seconds: String(AWAY_SECONDS),
      })),
    },
  };
  const isScaled = replicas.max > replicas.min;
  const deployment = new KubernetesResource(
    scope,
    'deployment',
    'kubernetes_deployment_v1',
    {
      metadata,
      spec: {
        // Otherwise the autoscaler's business.
        ...(!isScaled && { replicas: String(replicas.min) }),
        revision_history_limit: 3,
        progress_deadline_seconds: placement.rolloutSeconds,
        selector: { match_labels: selectorLabels(placement) },
        strategy: { type: 'RollingUpdate', rolling_update: { max_surge: '1', max_unavailable: '0' } },
        template,
      },
      // A failed rollout would be saved as done, and the next deploy would have nothing to do.
      wait_for_rollout: false,
    },
    { provider, dependsOn: [...placement.dependsOn, ...files.waitFor] },
  );
  const scaler = isScaled ? autoscaler(scope, placement, metadata, deployment) : undefined;
  disruptionBudget(scope, placement, metadata);
  const generation = fingerprint(withoutReferences(JSON.stringify({ ...template, metadata: files.fingerprints })));
  const rollout = new Rollout(scope, 'rollout', {
    cluster,
    deploymentName,
    generation,
    least: replicas.min,
    timeoutSeconds: placement.rolloutSeconds,
    hide: placement.hide,
    deployment,
    autoscaler: scaler,
  });
  return {
    runningFingerprint: files.runningFingerprint,
    generation,
    filesWritten: files.waitFor,
    waitFor: rollout.waitFor,
  };
}

function autoscaler(
  scope: Construct,
  { cluster, replicas }: PodPlacement,
  metadata: KubernetesAttributes,
  deployment: ITerraformDependable,
): KubernetesResource {
  return new KubernetesResource(
    scope,
    'autoscaler',
    'kubernetes_horizontal_pod_autoscaler_v2',
    {
      metadata,
      spec: {
        min_replicas: replicas.min,
        max_replicas: replicas.max,
        scale_target_ref: { api_version: 'apps/v1', kind: 'Deployment', name: metadata['name'] },
        metric: [
          {
            type: 'Resource',
            resource: { name: 'cpu', target: { type: 'AverageValue', average_value: cpus(replicas.targetCpus) } },
          },
        ],
        behavior: {
          scale_down: {
            stabilization_window_seconds: replicas.scaleDownSeconds,
            select_policy: 'Max',
            policy: [{ type: 'Percent', value: 100, period_seconds: 15 }],
          },
        },
      },
    },
    { provider: cluster.provider, dependsOn: [deployment] },
  );
}

/** Drains take one pod at a time. */
function disruptionBudget(scope: Construct, placement: PodPlacement, metadata: KubernetesAttributes): void {
  new KubernetesResource(
    scope,
    'disruption-budget',
    'kubernetes_pod_disruption_budget_v1',
    { metadata, spec: { max_unavailable: '1', selector: { match_labels: selectorLabels(placement) } } },
    { provider: placement.cluster.provider, dependsOn: [...placement.cluster.waitFor] },
  );
}

const groupOf = ({ limits }: Server) => limits.user.split(':')[1]!;
