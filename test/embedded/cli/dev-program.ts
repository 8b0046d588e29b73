import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';
import { compiled } from '../../support/compiled.ts';
import { isListening, isRunning, processesBelow, serverDirectories } from '../testing/traces.ts';

/** The compiled command line. */
export const program = compiled('cli/main.js');

/** `secured-postgrest dev` as a process of its own. */
export interface DevProgram {
  readonly child: ChildProcess;
  readonly ended: Promise<[number | null, NodeJS.Signals | null]>;
  /** What it has printed so far. */
  readonly printed: { out: string; err: string };
  /** The API's, once it runs. */
  url(): string;
  /** Waits until the outputs have this; each text is found once, in its order. */
  says(text: string | RegExp): Promise<string>;
}

/** Starts it, and waits until it has said all, or has ended. */
export async function dev(
  args: readonly string[],
  { temporaryDirectory, command = [process.execPath, program] }: DevProgramOptions,
): Promise<DevProgram> {
  const child = spawn(command[0]!, [...command.slice(1), 'dev', ...args], {
    env: { ...process.env, TMPDIR: temporaryDirectory, npm_lifecycle_event: 'start' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const printed = { out: '', err: '' };
  let all = '';
  let said = 0;
  const hear = (stream: 'out' | 'err') => (data: Buffer) => {
    printed[stream] += data.toString();
    all += data.toString();
  };
  child.stdout.on('data', hear('out'));
  child.stderr.on('data', hear('err'));
  while (!printed.out.includes('Ctrl-C') && child.exitCode === null) await delay(50);
  said = all.length;
  return {
    child,
    ended,
    printed,
    url: () => printed.out.split('\n')[0]!,
    async says(text) {
      for (let wait = 0; wait < 400; wait++) {
        const rest = all.slice(said);
        const found = typeof text === 'string' ? (rest.includes(text) ? text : undefined) : text.exec(rest)?.[0];
        if (found !== undefined) {
          said += rest.indexOf(found) + found.length;
          return found;
        }
        await delay(50);
      }
      throw new Error(`${String(text)} was not said, but:\n${all.slice(said)}`);
    },
  };
}

export interface DevProgramOptions {
  readonly temporaryDirectory: string;
  /** @default the compiled command line */
  readonly command?: readonly string[];
}

/** Its servers, now. */
export const childrenOf = ({ child }: DevProgram) => processesBelow(child.pid!);

/** Nothing is left of it. */
export async function expectGone(run: DevProgram, children: readonly number[], directory: string): Promise<void> {
  for (let wait = 0; wait < 200 && children.some(isRunning); wait++) await delay(50);
  expect(children.filter(isRunning)).toEqual([]);
  expect(await isListening(Number(new URL(run.url()).port))).toBe(false);
  expect(serverDirectories(directory)).toEqual([]);
}
