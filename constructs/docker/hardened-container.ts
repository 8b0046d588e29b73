import { positiveInteger, type ServerLimits } from '../../compile/server/limits.ts';
import type { ContainerConfig, DockerProvider } from '../synth/cdk/docker.ts';

/** Options of every container of this package. */
export interface ContainerProps {
  /** User and group that the processes run as: `uid:gid`. */
  readonly user?: string;
  /** Memory limit, in megabytes. Another one is set without a restart. */
  readonly memory?: number;
  /** CPUs that the container may use, such as 1.5. More than the engine's machine has is no limit. */
  readonly cpus?: number;
  /**
   * Limit on processes (`ulimit -u`). The kernel counts all processes that the engine's host runs under the same user
   * id, so a value near the real need would let other containers of that user fail.
   * @default 4096
   */
  readonly maxProcesses?: number;
  /** Docker's log driver. @default 'json-file' */
  readonly logDriver?: string;
  /** Options of the log driver. @default three files of 10 MB with 'json-file', none with others */
  readonly logOptions?: Readonly<Record<string, string>>;
  /** Further labels. @default only `secured-postgrest.name` */
  readonly labels?: Readonly<Record<string, string>>;
  /** @default the stack's Docker provider; a new one where it has none */
  readonly dockerProvider?: DockerProvider;
}

/**
 * The part of a container's configuration that keeps a break-in small and a runaway process harmless.
 *
 * @param ulimits further limits of each process (`setrlimit`)
 */
export function hardened(
  place: string,
  { user, memoryMegabytes, cpus }: ServerLimits,
  props: ContainerProps,
  ulimits: Readonly<Record<string, number>> = {},
) {
  const maxProcesses = positiveInteger(`${place}.maxProcesses`, props.maxProcesses ?? 4096);
  const logDriver = props.logDriver ?? 'json-file';
  const logOptions = props.logOptions ?? (logDriver === 'json-file' ? { 'max-size': '10m', 'max-file': '3' } : {});
  return {
    user,
    readOnly: true,
    capabilities: { drop: ['ALL'] },
    securityOpts: ['no-new-privileges:true'],
    // With version 1 of cgroups, the engine's own default is the host's.
    cgroupnsMode: 'private',
    memory: memoryMegabytes,
    // Docker would add the same amount of swap.
    memorySwap: memoryMegabytes,
    ...cpuLimit(cpus),
    ulimit: Object.entries({ nproc: maxProcesses, ...ulimits }).map(([name, limit]) => ({
      name,
      soft: limit,
      hard: limit,
    })),
    logDriver,
    logOpts: { ...logOptions },
    restart: 'unless-stopped',
  } satisfies Partial<ContainerConfig>;
}

/** The provider plans another quota, and then silently leaves the container as it is: another label replaces it. */
export function cpuLabel({ cpus }: ServerLimits): Readonly<Record<string, string>> {
  return { 'secured-postgrest.cpus': String(cpus) };
}

/** The engine refuses `cpus` beyond what its machine has; a quota beyond that does nothing. */
function cpuLimit(cpus: number): Pick<ContainerConfig, 'cpuPeriod' | 'cpuQuota'> {
  const period = 100_000;
  return { cpuPeriod: period, cpuQuota: Math.round(cpus * period) };
}
