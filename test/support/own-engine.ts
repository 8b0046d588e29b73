import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** A Docker engine of the test's own, which may be stopped and killed: with its own files, bridge and addresses. */
export class OwnEngine {
  // Not in /tmp, which may be held in memory.
  private readonly directory = mkdtempSync('/var/tmp/engine-');
  private readonly number = 1 + Math.floor(Math.random() * 254);
  private readonly bridge = `engine-${this.number}`;
  private readonly pool = `10.213.${this.number}.0/24`;
  // Packets between its containers; the engine itself is kept from the rules, which are those of another one.
  private readonly rule = ['FORWARD', '--source', this.pool, '--destination', this.pool, '--jump', 'ACCEPT'];
  private process: ChildProcess | undefined;

  /** What `DOCKER_HOST` has to say. */
  readonly host = `unix://${this.directory}/socket`;

  /** Makes what belongs to the engine on this machine, and starts it. */
  async create(): Promise<void> {
    must('ip', 'link', 'add', this.bridge, 'type', 'bridge');
    must('ip', 'address', 'add', `10.212.${this.number}.1/24`, 'dev', this.bridge);
    must('ip', 'link', 'set', this.bridge, 'up');
    must('iptables', '--insert', ...this.rule);
    await this.start('--default-address-pool', `base=${this.pool},size=27`);
  }

  /** @param options with a pool of addresses, an engine that starts again would remove the bridge of the machine's engine */
  async start(...options: string[]): Promise<void> {
    const log = openSync(join(this.directory, 'log'), 'a');
    this.process = spawn(
      'dockerd',
      [
        ...['--host', this.host, '--pidfile', join(this.directory, 'pid')],
        ...['--data-root', join(this.directory, 'data'), '--exec-root', join(this.directory, 'exec')],
        ...['--bridge', this.bridge, '--iptables=false', '--ip6tables=false'],
        ...options,
      ],
      { stdio: ['ignore', log, log] },
    );
    while (this.docker('version').status !== 0) {
      if (!this.runs) throw new Error(`dockerd has ended:\n${readFileSync(join(this.directory, 'log'), 'utf8')}`);
      await delay(100);
    }
  }

  /** Ends it with a signal, and waits for that. */
  async stop(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    if (!this.runs) return;
    const containerd = readFileSync(join(this.directory, 'exec/containerd/containerd.pid'), 'utf8');
    const exit = once(this.process!, 'exit');
    this.process!.kill(signal);
    await exit;
    // It ends with the engine, a moment later; an engine that starts before that would wait for it in vain.
    while (existsSync(`/proc/${containerd}`)) await delay(50);
  }

  /** Copies images of the engine that `DOCKER_HOST`, or its absence, names. */
  load(...images: string[]): void {
    must('sh', '-c', `docker save "$@" | docker --host ${this.host} load`, 'sh', ...images);
  }

  get runs(): boolean {
    return this.process?.exitCode === null && this.process.signalCode === null;
  }

  /** Ends what is left of it, containers included, and removes it. */
  async remove(): Promise<void> {
    await this.stop('SIGTERM');
    for (const pid of this.leftProcesses()) process.kill(pid, 'SIGKILL');
    for (const mount of mountsBelow(this.directory)) spawnSync('umount', ['--lazy', mount]);
    rmSync(this.directory, { recursive: true, force: true });
    spawnSync('ip', ['link', 'delete', this.bridge]);
    spawnSync('iptables', ['--delete', ...this.rule]);
  }

  /** What outlives an engine that is killed: what watches over the containers, and their processes. */
  private leftProcesses(): number[] {
    const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    const watching = all.filter((pid) => readProcess(pid, 'cmdline').includes(this.directory));
    const watched = all.filter((pid) =>
      watching.includes(/^PPid:\s+(\d+)/m.exec(readProcess(pid, 'status'))?.[1] ?? ''),
    );
    return [...watched, ...watching].map(Number);
  }

  private docker(...args: string[]) {
    return spawnSync('docker', ['--host', this.host, ...args], { stdio: 'ignore' });
  }
}

function must(program: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')}: ${stderr}`);
}

function mountsBelow(directory: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(`${directory}/`))
    .reverse();
}

/** Empty where the process has ended. */
function readProcess(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
