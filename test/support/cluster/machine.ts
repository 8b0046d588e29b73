import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const runFile = promisify(execFile);

/** What the kubelet sets for the whole kernel. A machine has files in their place. */
const KERNEL_SETTINGS = [
  'kernel/keys/root_maxbytes',
  'kernel/keys/root_maxkeys',
  'kernel/panic',
  'kernel/panic_on_oops',
  'vm/overcommit_memory',
  'vm/panic_on_oom',
];

/** Runs as the first process of a machine, and ends it with the end of its input. Being a shell, it reaps what others leave. */
const INIT = `
set -e
hostname "$1"
mkdir -p "$2"/lib "$2"/log
mount --bind "$2/lib" /var/lib
mount --bind "$2/log" /var/log
mount -t tmpfs tmpfs /run
for setting in ${KERNEL_SETTINGS.join(' ')}; do
  [ -e "/proc/sys/$setting" ] || continue
  file=/run/setting-$(echo "$setting" | tr / -)
  cat "/proc/sys/$setting" >"$file"
  mount --bind "$file" "/proc/sys/$setting"
done
# Connections whose processes were killed keep a network, and wait for answers, up to minutes.
echo 1 >/proc/sys/net/ipv4/tcp_orphan_retries
ip link set lo up
echo ready
read -r || true
`;

const NAMESPACES = ['--net', '--mount', '--pid', '--uts', '--ipc'];

/**
 * A machine of a cluster: namespaces of this one, with files, processes and a network of their own. All of it but the files ends
 * with the process that boots it, even where that is killed.
 */
export class Machine {
  readonly name: string;
  private readonly directory: string;
  private readonly path: string;
  private readonly holder: ChildProcess;
  /** Its first process, as this machine counts it. */
  readonly pid: number;

  private constructor(name: string, directory: string, path: string, holder: ChildProcess, pid: number) {
    this.name = name;
    this.directory = directory;
    this.path = path;
    this.holder = holder;
    this.pid = pid;
  }

  /** @param path directory of programs that come before those of this machine */
  static async boot(name: string, directory: string, path: string): Promise<Machine> {
    mkdirSync(directory, { recursive: true });
    const log = openSync(join(directory, 'boot.log'), 'a');
    const holder = spawn(
      'unshare',
      [...NAMESPACES, '--fork', '--kill-child', '--mount-proc', 'bash', '-c', INIT, 'init', name, directory],
      { stdio: ['pipe', 'pipe', log] },
    );
    const lines = createInterface({ input: holder.stdout! });
    const [ready] = (await Promise.race([once(lines, 'line'), once(lines, 'close')])) as string[];
    if (ready !== 'ready')
      throw new Error(`${name} does not boot: ${readFileSync(join(directory, 'boot.log'), 'utf8')}`);
    return new Machine(name, directory, path, holder, childOf(holder.pid!));
  }

  /** For `nsenter --net=`. */
  get networkNamespace(): string {
    return `/proc/${this.pid}/ns/net`;
  }

  /** Runs a program on the machine to its end, and answers what it prints. */
  async run(program: string, ...args: string[]): Promise<string> {
    const [command, options] = this.entering(program, args);
    return (await runFile(command, options, { env: this.environment, maxBuffer: 2 ** 26 })).stdout;
  }

  /** Starts a program that goes on, with a log of its own. */
  start(program: string, ...args: string[]): Service {
    const log = join(this.directory, `${program}.log`);
    const output = openSync(log, 'a');
    const [command, options] = this.entering(program, args);
    return new Service(
      program,
      log,
      spawn(command, options, { env: this.environment, stdio: ['ignore', output, output] }),
    );
  }

  /** Ends all of its processes at once, as a power failure does. */
  async halt(): Promise<void> {
    if (this.holder.exitCode !== null || this.holder.signalCode !== null) return;
    const exit = once(this.holder, 'exit');
    process.kill(this.pid, 'SIGKILL');
    await exit;
  }

  private get environment(): NodeJS.ProcessEnv {
    return { PATH: `${this.path}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`, HOME: '/root' };
  }

  private entering(program: string, args: string[]): [string, string[]] {
    return ['nsenter', ['--target', String(this.pid), ...NAMESPACES, '--', program, ...args]];
  }
}

/** A program that a machine runs. */
export class Service {
  private readonly name: string;
  private readonly log: string;
  private readonly entered: ChildProcess;

  constructor(name: string, log: string, entered: ChildProcess) {
    this.name = name;
    this.log = log;
    this.entered = entered;
  }

  /** Throws, with the end of its log, where it has ended. */
  expectRunning(): void {
    const { exitCode, signalCode } = this.entered;
    if (exitCode === null && signalCode === null) return;
    throw new Error(
      `${this.name} has ended (${exitCode ?? signalCode}):\n${readFileSync(this.log, 'utf8').slice(-4000)}`,
    );
  }

  /** Ends it, and waits for that. */
  async stop(signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    const { exitCode, signalCode } = this.entered;
    if (exitCode !== null || signalCode !== null) return;
    const exit = once(this.entered, 'exit');
    process.kill(childOf(this.entered.pid!), signal);
    await exit;
  }
}

/** The process that `unshare` or `nsenter` has forked into the namespaces. */
function childOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ')[0]);
}
