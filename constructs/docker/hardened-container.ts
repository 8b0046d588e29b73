import { refuse } from '../../errors/secured-postgrest-error.ts';
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

/** Default user and limits of a container. */
export interface ContainerDefaults {
  readonly user: string;
  /** Megabytes. */
  readonly memory: number;
  readonly cpus: number;
  /** Further limits of each process (`setrlimit`). @default none */
  readonly ulimits?: Readonly<Record<string, number>>;
}

/** The part of a container's configuration that keeps a break-in small and a runaway process harmless. */
export function hardened(place: string, props: ContainerProps, defaults: ContainerDefaults) {
  const user = props.user ?? defaults.user;
  if (!/^[1-9]\d*:[1-9]\d*$/.test(user)) {
    refuse(
      'invalid_prop',
      `${place}.user`,
      `"${user}" is not an unprivileged user and group`,
      'write it like "1000:1000"',
    );
  }
  const memory = props.memory === undefined ? defaults.memory : positiveInteger(`${place}.memory`, props.memory);
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
    memory,
    // Docker would add the same amount of swap.
    memorySwap: memory,
    ...cpuLimit(cpusOf(place, props, defaults)),
    ulimit: Object.entries({ nproc: maxProcesses, ...defaults.ulimits }).map(([name, limit]) => ({
      name,
      soft: limit,
      hard: limit,
    })),
    logDriver,
    logOpts: { ...logOptions },
    restart: 'unless-stopped',
  } satisfies Partial<ContainerConfig>;
}

/** The CPUs that a container may use. */
export function cpusOf(place: string, props: ContainerProps, defaults: Pick<ContainerDefaults, 'cpus'>): number {
  const cpus = props.cpus ?? defaults.cpus;
  if (cpus >= 0.01 && cpus <= 1024) return cpus;
  refuse('invalid_prop', `${place}.cpus`, `${cpus} is not a number of CPUs`, 'give one from 0.01, such as 1.5');
}

/** The provider plans another quota, and then silently leaves the container as it is: another label replaces it. */
export function cpuLabel(cpus: number): Readonly<Record<string, string>> {
  return { 'secured-postgrest.cpus': String(cpus) };
}

/** The engine refuses `cpus` beyond what its machine has; a quota beyond that does nothing. */
function cpuLimit(cpus: number): Pick<ContainerConfig, 'cpuPeriod' | 'cpuQuota'> {
  const period = 100_000;
  return { cpuPeriod: period, cpuQuota: Math.round(cpus * period) };
}

/** A size or a number that a prop gives. */
export function positiveInteger(place: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  refuse('invalid_prop', place, `${value} is not a positive whole number`, 'correct it');
}

/** A TCP port that is known before the deploy. */
export function checkPort(place: string, port: number): number {
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return port;
  refuse('invalid_prop', place, `${port} is not a port`, 'give a literal number from 1 to 65535');
}
