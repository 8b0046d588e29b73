import { refuse } from '../../errors/secured-postgrest-error.ts';
import { positiveInteger } from '../../compile/server/limits.ts';

/** Number of pods: fixed, or as the load needs. */
export interface Replicas {
  /** Pods that there always are. @default 2 */
  readonly min?: number;
  /** Most pods, which a HorizontalPodAutoscaler adds under load. @default `min`: without one */
  readonly max?: number;
  /**
   * CPUs that a pod uses on average when more are added. The cluster needs metrics (metrics-server).
   * @default 0.7 of the CPUs that the servers of a pod may use
   */
  readonly targetCpus?: number;
  /** Seconds of less load before a pod is taken away. @default 300 */
  readonly scaleDownSeconds?: number;
}

export interface CheckedReplicas {
  readonly min: number;
  readonly max: number;
  readonly targetCpus: number;
  readonly scaleDownSeconds: number;
}

/** @throws SecuredPostgrestError `invalid_prop` */
export function checkReplicas(place: string, given: Replicas, podCpus: number): CheckedReplicas {
  const min = positiveInteger(`${place}.min`, given.min ?? 2);
  const max = positiveInteger(`${place}.max`, given.max ?? min);
  if (max < min) {
    refuse('invalid_prop', `${place}.max`, `${max} pods are less than the ${min} of \`min\``, 'give at least as many');
  }
  const { targetCpus = podCpus * 0.7, scaleDownSeconds = 300 } = given;
  if (!(targetCpus >= 0.01 && targetCpus <= podCpus)) {
    const problem = `${targetCpus} is no share of the ${podCpus} CPUs of a pod`;
    refuse('invalid_prop', `${place}.targetCpus`, problem, `give a number from 0.01 to ${podCpus}`);
  }
  // Kubernetes' own bounds.
  if (!(Number.isInteger(scaleDownSeconds) && scaleDownSeconds >= 0 && scaleDownSeconds <= 3600)) {
    const problem = `${scaleDownSeconds} is no time that Kubernetes takes`;
    refuse('invalid_prop', `${place}.scaleDownSeconds`, problem, 'give a whole number from 0 to 3600');
  }
  return { min, max, targetCpus, scaleDownSeconds };
}
