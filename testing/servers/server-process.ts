import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readFileSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { cleanUpAtExit } from './exit-cleanups.ts';
import { serverEnvironment } from './server-environment.ts';
import type { ServerUser } from './server-user.ts';

export interface ServerProcessOptions {
  /** Shown in errors. */
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Added to what programs need of this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  readonly directory: string;
  /** File that receives everything the process prints; what it held before goes. */
  readonly logFile: string;
  readonly user?: ServerUser | undefined;
  /** Signal that ends the process. */
  readonly stopSignal: NodeJS.Signals;
  /** How long that may take until it is ended by force, in milliseconds. @default 10000 */
  readonly stopTimeoutMs?: number;
  /** Ends the process when there is no time left to wait for it. @default SIGKILL */
  readonly endNow?: (kill: (signal: NodeJS.Signals) => void) => void;
  /** Takes secrets out of what the log says. @default nothing */
  readonly redact?: (log: string) => string;
}

export interface ServerProcess {
  /** How it ended, such as `exited with code 1`; undefined while it runs. */
  ended(): string | undefined;
  /** Resolves when it has ended. */
  readonly end: Promise<void>;
  /** Resolves with how it ended, such as `postgres exited with code 1`, unless it was stopped. */
  readonly died: Promise<string>;
  logs(): string;
  /** From now on this process may exit without waiting for the server, which then ends too. */
  unref(): void;
  /** Ends it, in the end by force. Harmless when it has ended. */
  stop(): Promise<void>;
}

const { O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW } = constants;

/** Starts a child process that cannot outlive this one. Throws `start_failed` if it cannot be run at all. */
export async function startProcess(options: ServerProcessOptions): Promise<ServerProcess & { readonly pid: number }> {
  const { name, command, args, directory, logFile, user, stopSignal, stopTimeoutMs = 10_000 } = options;
  const { redact = (log: string) => log } = options;
  const log = openSync(logFile, O_WRONLY | O_CREAT | O_TRUNC | (O_NOFOLLOW ?? 0), 0o600);
  const child = spawn(command, args, {
    cwd: directory,
    // In a home that it must not look into, libpq fails instead of going without the files that it looks for there.
    env: { ...serverEnvironment(), ...(user && { HOME: directory }), ...options.env },
    stdio: ['ignore', log, log],
    windowsHide: true,
    ...user,
  });
  closeSync(log);

  const kill = (signal: NodeJS.Signals) => void child.kill(signal);
  const ended = () =>
    child.signalCode !== null
      ? `was ended by ${child.signalCode}`
      : child.exitCode !== null
        ? `exited with code ${child.exitCode}`
        : undefined;
  const forget = cleanUpAtExit(() => (options.endNow ?? ((end) => end('SIGKILL')))(kill));
  const end = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  void end.then(forget);
  let stopping = false;
  const died = new Promise<string>((resolve) => {
    void end.then(() => stopping || resolve(`${name} ${ended()}`));
  });
  try {
    await once(child, 'spawn');
  } catch (error) {
    forget();
    refuse('start_failed', name, `${command} cannot be run (${String(error)})`, 'check the file and its mode', error);
  }

  let lastLogs = '';
  let lastSize = 0;
  const logs = () => {
    const size = statSync(logFile, { throwIfNoEntry: false })?.size ?? lastSize;
    // `dev` asks a few times a second.
    if (size !== lastSize) lastLogs = redact(readFileSync(logFile, 'utf8'));
    lastSize = size;
    return lastLogs;
  };
  return {
    pid: child.pid!,
    ended,
    end,
    died,
    logs,
    unref: () => child.unref(),
    async stop() {
      stopping = true;
      child.ref();
      kill(stopSignal);
      const force = setTimeout(kill, stopTimeoutMs, 'SIGKILL');
      await end;
      clearTimeout(force);
      logs(); // remembered: the directory goes after this
    },
  };
}

/**
 * Resolves when `isReady` says so. Throws `start_failed`, with the end of the log, when the process ends before that
 * or is not ready in time.
 */
export async function untilReady(
  name: string,
  server: ServerProcess,
  isReady: () => Promise<boolean>,
  timeoutMs = 30_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const ready = await isReady();
    const ended = server.ended();
    if (ended !== undefined) failStart(name, `${ended} before it was ready`, server.logs());
    if (ready) return;
    if (Date.now() > deadline) failStart(name, `was not ready after ${timeoutMs} ms`, server.logs());
    await delay(3);
  }
}

/** Throws `start_failed` with the last lines of a log. */
export function failStart(name: string, problem: string, log: string): never {
  const lastLines = log.trimEnd().split('\n').slice(-20).join('\n');
  refuse('start_failed', name, problem, `its log ends with:\n${lastLines || '(nothing)'}\n`);
}
