import { Construct } from 'constructs';
import { DataResource, type ITerraformDependable } from '../synth/cdk/core.ts';
import type { KubernetesResource } from '../synth/cdk/kubernetes.ts';
import { cliProvisioner } from '../synth/cli-command.ts';
import type { KubernetesCluster } from './kubernetes-cluster.ts';

export interface RolloutProps {
  readonly cluster: KubernetesCluster;
  readonly deploymentName: string;
  /** Changes when new pods are rolled out. */
  readonly generation: string;
  /** Texts in the pods that Terraform knows when it applies. */
  readonly references: readonly string[];
  /** Number of pods, if it is fixed. */
  readonly replicas: string;
  readonly timeoutSeconds: number;
  readonly hide: readonly string[];
  readonly deployment: KubernetesResource;
}

/**
 * Waits until all pods of a Deployment are of the present generation and ready. Where they do not get ready, the deploy fails with the
 * pods' own words, and so does the next one: Terraform runs again what has failed.
 */
export class Rollout extends Construct {
  readonly waitFor: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: RolloutProps) {
    super(scope, id);
    const { cluster, deploymentName, generation, references, replicas, timeoutSeconds, hide, deployment } = props;
    const done = new DataResource(this, 'done', {
      triggersReplace: { generation, references, replicas, namespace: cluster.namespace },
      provisioners: [
        cliProvisioner(
          'kubernetes',
          'rollout',
          ...cluster.kubectlOptions,
          ...['--deployment', deploymentName, '--timeout', String(timeoutSeconds)],
          ...hide.flatMap((path) => ['--hide', path]),
        ),
      ],
      // Also where the Deployment was changed or removed by others, or differs in what is known only when Terraform applies.
      lifecycle: { replaceTriggeredBy: [deployment.address] },
      dependsOn: [deployment],
    });
    this.waitFor = [done];
  }
}
