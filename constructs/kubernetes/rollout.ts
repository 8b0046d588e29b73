import { Construct } from 'constructs';
import type { ITerraformDependable } from '../synth/cdk/core.ts';
import { dataResource } from '../synth/data-resource.ts';
import type { KubernetesResource } from '../synth/cdk/kubernetes.ts';
import { cliProvisioner } from '../synth/cli-command.ts';
import type { KubernetesCluster } from './kubernetes-cluster.ts';

export interface RolloutProps {
  readonly cluster: KubernetesCluster;
  readonly deploymentName: string;
  /** Changes when new pods are rolled out. */
  readonly generation: string;
  /** Pods that there have to be. */
  readonly least: number;
  readonly timeoutSeconds: number;
  readonly hide: readonly string[];
  readonly deployment: KubernetesResource;
  /** Undefined for a fixed number of pods. */
  readonly autoscaler: KubernetesResource | undefined;
}

/**
 * Waits until all pods of a Deployment are of the present generation and ready. Where they do not get ready, the deploy fails with the
 * pods' own words, and so does the next one: Terraform runs again what has failed.
 */
export class Rollout extends Construct {
  readonly waitFor: readonly ITerraformDependable[];

  constructor(scope: Construct, id: string, props: RolloutProps) {
    super(scope, id);
    const { cluster, deploymentName, generation, least, timeoutSeconds, hide, deployment, autoscaler } = props;
    const scaled = [deployment, ...(autoscaler ? [autoscaler] : [])];
    const done = dataResource(this, 'done', {
      triggersReplace: { generation },
      provisioners: [
        cliProvisioner(
          'kubernetes',
          'rollout',
          ...cluster.kubectlOptions,
          ...['--deployment', deploymentName, '--least', String(least), '--timeout', String(timeoutSeconds)],
          ...hide.flatMap((path) => ['--hide', path]),
        ),
      ],
      // Also where others have changed it, or a value is known only when Terraform applies. Terraform destroys this resource before it
      // changes those: after a deploy that was killed in between, the next one creates it, and waits.
      lifecycle: { replaceTriggeredBy: scaled.map(({ address }) => address) },
      dependsOn: scaled,
    });
    this.waitFor = [done];
  }
}
