import { type ClusterOptions, kubectlJson } from './kubectl.ts';

/** The parts of a pod that are read here. */
export interface Pod {
  readonly metadata: {
    readonly name: string;
    readonly deletionTimestamp?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: {
    readonly initContainers?: readonly Container[];
    readonly containers?: readonly Container[];
  };
  readonly status: {
    readonly phase?: string;
    readonly conditions?: readonly Condition[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

interface Container {
  readonly ports?: readonly { readonly containerPort: number }[];
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state?: Readonly<
    Record<string, { readonly reason?: string; readonly message?: string; readonly exitCode?: number }>
  >;
}

/** Pods that a selector finds, without those that are about to end. */
export async function podsOf(cluster: ClusterOptions, selector: string): Promise<readonly Pod[]> {
  const { items } = await kubectlJson<{ items: Pod[] }>(cluster, 'get', 'pods', '--selector', selector);
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

export function isReady({ status }: Pod): boolean {
  return status.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false;
}

/** Ports of a pod's containers. */
export function portsOf({ spec = {} }: Pod): number[] {
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])];
  return containers.flatMap(({ ports = [] }) => ports.map(({ containerPort }) => containerPort));
}

/** Why a pod is not ready, in the words of the cluster. */
export function reasonsOf({ metadata, status }: Pod): string[] {
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])];
  const states = containers
    .filter(({ ready }) => !ready)
    .map(({ name, state = {}, restartCount }) => {
      const [kind = 'unknown', details] = Object.entries(state)[0] ?? [];
      const words = [kind, details?.reason, details?.message, details?.exitCode && `exit code ${details.exitCode}`];
      const restarts = restartCount > 0 ? `, started again ${restartCount} times` : '';
      return `container ${name} is ${words.filter(Boolean).join(', ')}${restarts}`;
    });
  const unscheduled = (status.conditions ?? [])
    .filter(({ type, status }) => type === 'PodScheduled' && status === 'False')
    .map(({ reason, message }) => `no node takes it: ${reason ?? ''} ${message ?? ''}`);
  return [...unscheduled, ...states].map((words) => `pod ${metadata.name}: ${words}`);
}

/** Names of a pod's containers that are not ready. */
export function failingContainers({ status }: Pod): string[] {
  return [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
    .filter(({ ready }) => !ready)
    .map(({ name }) => name);
}
