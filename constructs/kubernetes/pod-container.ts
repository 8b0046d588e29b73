import type { Server } from '../../compile/server/server.ts';
import type { KubernetesAttributes } from '../synth/cdk/kubernetes.ts';
import { volumeName } from './pod-files.ts';

/** Properties of a container beside those of its server. */
export interface ContainerOptions {
  readonly image: string;
  /** CPUs that a node sets aside for it. */
  readonly cpuRequest: number;
  /** Probes and hooks, as Terraform's provider names them. */
  readonly lifecycle?: KubernetesAttributes;
}

/** A server as a container that the Pod Security Standard `restricted` admits, and more: nothing in it can be written. */
export function podContainer(server: Server, { image, cpuRequest, lifecycle }: ContainerOptions): KubernetesAttributes {
  const { name, command, environment, files, temporary = [], port, limits } = server;
  const [uid, gid] = limits.user.split(':');
  return {
    name,
    image,
    // Tags of releases stay what they are, and a node without the registry can start a pod.
    image_pull_policy: 'IfNotPresent',
    ...(command && { args: [...command] }),
    env: Object.entries(environment)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => ({ name, value })),
    port: [{ name: portName(server), container_port: port, protocol: 'TCP' }],
    resources: {
      requests: { cpu: cpus(cpuRequest), memory: `${limits.memoryMegabytes}Mi` },
      limits: { cpu: cpus(limits.cpus), memory: `${limits.memoryMegabytes}Mi` },
    },
    security_context: {
      run_as_non_root: true,
      run_as_user: uid,
      run_as_group: gid,
      read_only_root_filesystem: true,
      allow_privilege_escalation: false,
      privileged: false,
      capabilities: { drop: ['ALL'] },
    },
    volume_mount: [
      ...files.map(({ id, directory }) => ({ name: volumeName(server, id), mount_path: directory, read_only: true })),
      ...temporary.map(({ directory }, n) => ({ name: temporaryName(server, n), mount_path: directory })),
    ],
    ...lifecycle,
  };
}

/** Volumes in memory for what a server may write. */
export function temporaryVolumes(server: Server): KubernetesAttributes[] {
  return (server.temporary ?? []).map(({ megabytes }, n) => ({
    name: temporaryName(server, n),
    empty_dir: { medium: 'Memory', size_limit: `${megabytes}Mi` },
  }));
}

/** A number of CPUs as Kubernetes writes it: another text for the same number would be a change. */
export function cpus(count: number): string {
  const milli = Math.round(count * 1000);
  return milli % 1000 === 0 ? String(milli / 1000) : `${milli}m`;
}

/** Names of ports have at most 15 characters. */
export function portName({ name }: Server): string {
  return name.slice(0, 15);
}

const temporaryName = ({ name }: Server, n: number) => `${name}-temporary-${n + 1}`;
