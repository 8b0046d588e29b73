import { spawn, type ChildProcess, type SpawnOptions } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

/** What a program tells when it begins something. */
export interface Step {
  readonly step: string;
  /** Where its environment is, as soon as there is one. */
  readonly url?: string;
  readonly databaseUrl?: string;
}

/** A program that tells, line by line, what it begins. */
export interface RunningProgram {
  readonly pid: number;
  readonly child: ChildProcess;
  /** Resolves when it begins the step, with what it tells; undefined when it has ended before. */
  begins(step: string): Promise<Step | undefined>;
  /** How long each step took that has ended, in milliseconds. */
  readonly durations: ReadonlyMap<string, number>;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  /** What it has printed as errors. */
  errors(): string;
}

export function runProgram(command: readonly string[], options: SpawnOptions = {}): RunningProgram {
  const child = spawn(command[0]!, command.slice(1), { ...options, stdio: ['pipe', 'pipe', 'pipe'] });
  // It may have ended when it is told to.
  child.stdin.on('error', () => {});
  let errors = '';
  child.stderr.on('data', (data: Buffer) => (errors += data.toString()));
  const told: Step[] = [];
  const durations = new Map<string, number>();
  const waiting = new Set<() => void>();
  const tellAll = () => waiting.forEach((tell) => tell());
  let since = Date.now();
  createInterface(child.stdout).on('line', (line) => {
    if (told.length > 0) durations.set(told.at(-1)!.step, Date.now() - since);
    since = Date.now();
    told.push(JSON.parse(line) as Step);
    tellAll();
  });
  let over = false;
  const ended = once(child, 'close').then(([code, signal]) => {
    over = true;
    tellAll();
    return { code: code as number | null, signal: signal as NodeJS.Signals | null };
  });
  return {
    pid: child.pid!,
    child,
    durations,
    ended,
    errors: () => errors,
    begins: (name) =>
      new Promise((resolve) => {
        const look = () => {
          const found = told.find(({ step }) => step === name);
          if (found === undefined && !over) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
  };
}
