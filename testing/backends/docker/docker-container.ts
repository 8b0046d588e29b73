import { refuseTakenPort } from '../../servers/wanted-port.ts';
import { refuse, type SecuredPostgrestError } from '../../../errors/secured-postgrest-error.ts';
import { archive } from './docker-archive.ts';
import { docker } from './docker-command.ts';
import { containerProcess, removeContainer } from './docker-process.ts';
import { freePorts } from '../../servers/free-ports.ts';
import { type ServerProcess, untilReady } from '../../servers/server-process.ts';

/** Where containers publish their ports. */
export const HOST = '127.0.0.1';

/** Where a container finds its secrets, as files. */
export const SECRETS = '/run/secrets/secured-postgrest';

/** Common parts of one environment's containers. */
export interface Place {
  readonly network: string;
  /** Label of every object that is made. */
  readonly label: string;
  /** Says that nobody waits for what is just starting. */
  readonly stopping: AbortSignal;
}

export interface ContainerOptions extends Place {
  /** Host name in the network; also shown in errors. */
  readonly name: string;
  /** Pulled where the engine does not have it. */
  readonly image: string;
  /** @default the image's own */
  readonly command?: readonly string[];
  /** Id of the user and of the group that the processes run as. */
  readonly user: number;
  /** Memory limit, in megabytes; what is in `tmpfs` counts. */
  readonly memory: number;
  /** No secrets: everybody who may ask the engine can read them. */
  readonly env: Readonly<Record<string, string>>;
  /** Directories that can be written to, with the options of their mounts. @default none */
  readonly tmpfs?: Readonly<Record<string, string>>;
  /** Contents of the files in {@link SECRETS}, by name. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Texts that the log is shown without. */
  readonly hidden: readonly string[];
  /** Port that the server listens on. */
  readonly innerPort: number;
  /** Port of 127.0.0.1 that this one is published on. @default a free one */
  readonly port?: number | undefined;
  /** How long it may take until it is ready, in milliseconds. */
  readonly startTimeoutMs: number;
}

/** A server in a container; its `stop` removes it, and its secrets. */
export interface Container {
  readonly port: number;
  readonly server: ServerProcess;
}

/**
 * Runs a server in a container with as few rights as the deployment's have, and waits until it is ready. Its secrets are
 * copied into a volume of its own before it starts, which works with an engine that does not share this machine's files.
 *
 * @throws SecuredPostgrestError `engine_failed`, `port_taken` for a port that was given, and `start_failed`, with the end
 * of the log
 */
export async function startContainer(
  options: ContainerOptions,
  isReady: (port: number) => Promise<boolean>,
): Promise<Container> {
  for (let attempt = 1; ; attempt++) {
    const port = options.port ?? (await freePorts(1))[0]!;
    try {
      return await startOn(port, options, () => isReady(port));
    } catch (error) {
      const takenMeanwhile =
        (error as Partial<SecuredPostgrestError>).code === 'port_taken' && options.port === undefined;
      if (!takenMeanwhile || attempt === 5) throw error;
    }
  }
}

async function startOn(port: number, options: ContainerOptions, isReady: () => Promise<boolean>): Promise<Container> {
  const { network, name, secrets, stopping, user, hidden, startTimeoutMs } = options;
  const container = `${network}-${name}`;
  try {
    await docker(['create', ...hardened(options), `--name=${container}`, ...purpose(port, options)]);
    await docker(['cp', '-', `${container}:${SECRETS}`], archive(secrets, user));
    await docker(['start', container]).catch((error: Error) => portTaken(error, port));
    const server = containerProcess(container, hidden);
    const isStopped = () => refuse('start_failed', name, 'was stopped before it was ready', 'start another one');
    await untilReady(name, server, () => (stopping.aborted ? isStopped() : isReady()), startTimeoutMs);
    server.unref();
    return { port, server };
  } catch (error) {
    // An engine that is gone cannot remove it, and the first error is the one that counts.
    await removeContainer(container).catch(() => {});
    throw error;
  }
}

/** Options that limit a break-in and a runaway process. */
function hardened({ user, memory }: ContainerOptions): string[] {
  return [
    `--user=${user}:${user}`,
    '--read-only',
    '--cap-drop=ALL',
    '--security-opt=no-new-privileges:true',
    // With version 1 of cgroups, the engine's own default is the host's.
    '--cgroupns=private',
    `--memory=${memory}m`,
    // Docker would add the same amount of swap.
    `--memory-swap=${memory}m`,
    '--pids-limit=512',
    '--log-driver=json-file',
    '--log-opt=max-size=10m',
    '--log-opt=max-file=3',
  ];
}

function purpose(port: number, options: ContainerOptions): string[] {
  const { network, label, name, image, command = [], env, tmpfs = {}, innerPort } = options;
  return [
    `--label=${label}`,
    `--network=${network}`,
    `--network-alias=${name}`,
    `--publish=${HOST}:${port}:${innerPort}`,
    // Root's, so that the server can only read it.
    `--mount=type=volume,target=${SECRETS},volume-label=${label}`,
    ...Object.entries(tmpfs).map(([directory, mountOptions]) => `--tmpfs=${directory}:${mountOptions}`),
    ...Object.entries(env).map(([variable, value]) => `--env=${variable}=${value}`),
    image,
    ...command,
  ];
}

function portTaken(error: Error, port: number): never {
  if (!/port is already allocated|address already in use|ports are not available/i.test(error.message)) throw error;
  refuseTakenPort(port, error);
}
