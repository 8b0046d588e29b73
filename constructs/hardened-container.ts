import type { ContainerConfig } from '@cdktf/provider-docker/lib/container/index.js';
import type { DockerProvider } from '@cdktf/provider-docker/lib/provider/index.js';
import { refuse } from '../declaration/errors.ts';

/** What every container of this package lets its user decide. */
export interface ContainerProps {
  /** User and group that the processes run as: `uid:gid`. */
  readonly user?: string;
  /** Memory limit, in megabytes. */
  readonly memory?: number;
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

/** The part of a container's configuration that keeps a break-in small and a runaway process harmless. */
export function hardened(
  place: string,
  props: ContainerProps,
  defaults: { readonly user: string; readonly memory: number },
) {
  const user = props.user ?? defaults.user;
  if (!/^[1-9]\d*:[1-9]\d*$/.test(user)) {
    refuse(
      'invalid_prop',
      `${place}.user`,
      `"${user}" is not an unprivileged user and group`,
      'write it like "1000:1000"',
    );
  }
  const memory = positiveInteger(`${place}.memory`, props.memory ?? defaults.memory);
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
    ulimit: [{ name: 'nproc', soft: maxProcesses, hard: maxProcesses }],
    logDriver,
    logOpts: { ...logOptions },
    restart: 'unless-stopped',
  } satisfies Partial<ContainerConfig>;
}

function positiveInteger(place: string, value: number): number {
  if (Number.isInteger(value) && value > 0) return value;
  refuse('invalid_prop', place, `${value} is not a positive whole number`, 'correct it');
}

/** A TCP port that is known before the deploy. */
export function checkPort(place: string, port: number): number {
  if (Number.isInteger(port) && port >= 1 && port <= 65535) return port;
  refuse('invalid_prop', place, `${port} is not a port`, 'give a literal number from 1 to 65535');
}
