import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const pump = fileURLToPath(new URL('pump.sh', import.meta.url));

/** The exit status of a process that a signal has ended. */
const statusOf = (signal) => 128 + constants.signals[signal];

/**
 * Programs that run one after the other, each in a session of its own: a signal reaches only this process, which passes it
 * on once. A second interrupt would make Terraform quit without saving its state.
 */
export class Programs {
  #env;
  #interrupted;
  #interrupt = () => {};

  constructor(env) {
    this.#env = env;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => this.#stop(signal));
    // A closed terminal or pipe must not end this process ahead of Terraform.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  }

  /** Status to end with after a signal; undefined without one. */
  get interrupted() {
    return this.#interrupted && statusOf(this.#interrupted);
  }

  /** Runs a shell's command with our streams: its status. */
  async shell(command, { cwd, env }) {
    const options = { cwd, env, stdio: ['ignore', 'inherit', 'inherit'], detached: true };
    const shell = spawn('/bin/sh', ['-c', command], options);
    return this.#ended(shell, () => stopGroup(shell.pid));
  }

  /** Runs a program and passes on what it prints: its status. It is asked to stop also if this process is killed. */
  async run(program, args, { cwd, print }) {
    const pumped = spawn('/bin/sh', [pump], { stdio: ['pipe', 'pipe', 'ignore', 'pipe'], detached: true });
    pumped.stdout.setEncoding('utf8').on('data', print);
    const stdio = ['ignore', pumped.stdin, pumped.stdin];
    const child = spawn(program, args, { cwd, env: this.#env, stdio, detached: true });
    pumped.stdin.destroy();
    pumped.stdio[3].write(`${child.pid}\n`);
    const [status] = await Promise.all([
      this.#ended(child, () => child.kill('SIGINT')).finally(() => pumped.stdio[3].end('ended\n')),
      once(pumped, 'close'),
    ]);
    return status;
  }

  #stop(signal) {
    if (this.#interrupted !== undefined) return;
    this.#interrupted = signal;
    this.#interrupt();
  }

  async #ended(child, interrupt) {
    this.#interrupt = interrupt;
    try {
      const [status, signal] = await once(child, 'exit');
      return status ?? statusOf(signal);
    } finally {
      this.#interrupt = () => {};
    }
  }
}

/** Stops a shell and what it has started. */
function stopGroup(leader) {
  try {
    process.kill(-leader, 'SIGTERM');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
