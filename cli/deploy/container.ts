import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { lastLines } from './last-lines.ts';

/** State of a container, as the engine has it. */
export interface ContainerState {
  /** Such as `running`, `restarting` or `exited`. */
  readonly status: string;
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  /** How often the engine has started it again. */
  readonly restarts: number;
  /** @default it has no health check */
  readonly health?: { readonly status: string; readonly output: string };
}

/** The parts of `docker inspect` that are read here. */
interface Inspected {
  readonly Status: string;
  readonly ExitCode: number;
  readonly OOMKilled: boolean;
  readonly Health?: { readonly Status: string; readonly Log?: readonly { readonly Output: string }[] | null };
}

/**
 * The state of a container; a text that says why the engine does not tell it.
 *
 * @param engine options of the `docker` command, as from `engineAddress`
 * @throws SecuredPostgrestError `engine_failed` where there is no `docker` command
 */
export async function containerState(engine: readonly string[], name: string): Promise<ContainerState | string> {
  const format = '[{{json .State}},{{.RestartCount}}]';
  const { status, stdout, stderr } = await docker([...engine, 'container', 'inspect', `--format=${format}`, name]);
  if (status !== 0)
    return `the engine does not tell the state of ${name} (${stderr.trim() || 'no answer within 10 s'})`;
  const [state, restarts] = JSON.parse(stdout) as [Inspected, number];
  const { Status, ExitCode, OOMKilled, Health } = state;
  return {
    status: Status,
    exitCode: ExitCode,
    outOfMemory: OOMKilled,
    restarts,
    ...(Health && { health: { status: Health.Status, output: Health.Log?.at(-1)?.Output.trim() ?? '' } }),
  };
}

/** Lines of a log in which different ones are looked for. */
const READ_LINES = 1000;
/** The last different lines of a container's log. */
export async function lastLogLines(engine: readonly string[], name: string, count: number): Promise<string[]> {
  const { stdout, stderr } = await docker([...engine, 'container', 'logs', `--tail=${READ_LINES}`, name]);
  // The command keeps the container's two streams apart.
  return lastLines(`${stdout}\n${stderr}`, count);
}

/**
 * Runs a command in a container.
 *
 * @returns its output where it failed
 */
export async function failureInContainer(
  engine: readonly string[],
  name: string,
  command: readonly string[],
): Promise<string | undefined> {
  const { status, stdout, stderr } = await docker([...engine, 'container', 'exec', name, ...command]);
  return status === 0 ? undefined : (stderr + stdout).trim() || 'no answer within 10 s';
}

/** True if a container runs, and with this image. */
export async function runsImage(engine: readonly string[], name: string, image: string): Promise<boolean> {
  const format = '{{.State.Running}} {{.Config.Image}}';
  const { stdout } = await docker([...engine, 'container', 'inspect', `--format=${format}`, name]);
  return stdout.trim() === `true ${image}`;
}

/** Addresses of a container in its networks. */
export async function containerAddresses(engine: readonly string[], name: string): Promise<readonly string[]> {
  const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}';
  const { stdout } = await docker([...engine, 'container', 'inspect', `--format=${format}`, name]);
  return stdout.trim().split(/\s+/).filter(Boolean);
}

/** Ids of the processes in a container whose command line begins like this. */
export async function processesOf(engine: readonly string[], name: string, title: string): Promise<readonly string[]> {
  const { stdout } = await docker([...engine, 'container', 'top', name, '-o', 'pid,args']);
  return stdout
    .split('\n')
    .map((line) => /^\s*(?<pid>\d+)\s+(?<args>.*)$/.exec(line)?.groups)
    .flatMap((process) => (process?.['args']!.startsWith(title) ? [process['pid']!] : []));
}

/** Sends a signal to the first process of a container. */
export async function signalContainer(engine: readonly string[], name: string, signal: string): Promise<void> {
  const { status, stderr } = await docker([...engine, 'container', 'kill', `--signal=${signal}`, name]);
  if (status !== 0) refuse('engine_failed', name, `${signal} cannot be sent to it (${stderr.trim()})`, 'deploy again');
}

async function docker(args: readonly string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn('docker', args, { stdio: ['ignore', 'pipe', 'pipe'], timeout: 10_000 });
  const ended = new Promise<number | null>((resolve, reject) => child.on('close', resolve).on('error', reject));
  try {
    const [stdout, stderr, status] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    return { status, stdout, stderr };
  } catch (error) {
    return refuse('engine_failed', 'docker', `the command cannot be run (${String(error)})`, 'install it', error);
  }
}
