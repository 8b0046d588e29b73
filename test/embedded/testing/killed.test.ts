import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FULL_TESTS } from '../../support/fuzz.ts';
import { useOwnTemporaryDirectory } from './own-temporary-directory.ts';
import { quickProgram } from './quick-program.ts';
import { runProgram } from './running-program.ts';
import { expectSharedMemoryBack, leftSharedMemory } from './shared-memory.ts';
import { isListening } from './traces.ts';
import { noTraces, tracesIn } from './traces-in.ts';

const temporaryDirectory = useOwnTemporaryDirectory();
const seed = Number(process.env['KILL_SEED'] ?? Date.now() % 1_000_000);
const RUNS = Number(process.env['KILL_RUNS'] ?? (FULL_TESTS ? 200 : 8));
const AT_ONCE = 4;

/** What the program does before it stops. */
const STEPS = ['clone', 'snapshot', 'restore', 'rebuild'] as const;

/** What a cache holds. */
const KEPT = /^((cluster|declared)-.*\.tar|transcript-.*\.json)$/;

/** When and how a program is ended. */
interface Plan {
  readonly run: number;
  readonly step: (typeof STEPS)[number];
  readonly endedIn: 'start' | (typeof STEPS)[number] | 'stop';
  /** Of the time that this step takes. */
  readonly part: number;
  /** A signal, or what the program is told to do. */
  readonly how: NodeJS.Signals | 'exit' | 'throw' | 'abort';
  readonly cached: boolean;
}

/** Numbers from 0 to 1 that follow from a seed (mulberry32). */
function randomNumbers(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function makePlans(): Plan[] {
  const random = randomNumbers(seed);
  const oneOf = <T>(choices: readonly T[]) => choices[Math.floor(random() * choices.length)]!;
  return Array.from({ length: RUNS }, (_, run) => {
    const step = oneOf(STEPS);
    return {
      run,
      step,
      endedIn: random() < 0.5 ? 'start' : oneOf([step, step, 'stop']),
      part: random() * 1.2,
      how: random() < 0.6 ? 'SIGKILL' : oneOf(['SIGTERM', 'SIGINT', 'SIGHUP', 'exit', 'throw', 'abort'] as const),
      cached: random() < 0.85,
    };
  });
}

/** How long things take here and now: the shorter of the last two times, in milliseconds. */
class Durations {
  readonly #known = new Map<string, readonly number[]>();

  learn(durations: ReadonlyMap<string, number>, cached: boolean): void {
    for (const [step, time] of durations) {
      const name = nameOf(step, cached);
      this.#known.set(name, [time, ...(this.#known.get(name) ?? [])].slice(0, 2));
    }
  }

  of(step: string, cached: boolean): number {
    return Math.min(1000, ...(this.#known.get(nameOf(step, cached)) ?? []));
  }
}

const nameOf = (step: string, cached: boolean) => (step === 'start' && !cached ? 'uncached start' : step);

describe.runIf(process.platform === 'linux')('a process that is ended at any moment', () => {
  it(`leaves nothing behind, ${RUNS} times (KILL_SEED=${seed})`, { timeout: 900_000 }, async () => {
    const program = await quickProgram('environment', temporaryDirectory());
    const cache = join(temporaryDirectory(), 'cache');
    const before = leftSharedMemory();
    const durations = new Durations();

    const start = (directory: string, cached: boolean, ...steps: readonly string[]) => {
      const itsCache = cached ? cache : mkdtempSync(join(temporaryDirectory(), 'no cache '));
      const env = { ...process.env, TMPDIR: directory, SECURED_POSTGREST_CACHE: itsCache };
      return { ...runProgram([process.execPath, program, ...steps, 'stop'], { env }), itsCache };
    };

    async function endAsPlanned(directory: string, { step, endedIn, part, how, cached }: Plan) {
      const running = start(directory, cached, step);
      const told = await running.begins(endedIn);
      await delay(part * durations.of(endedIn, cached));
      if (how.startsWith('SIG')) running.child.kill(how as NodeJS.Signals);
      else running.child.stdin!.write(how);
      await running.ended;
      durations.learn(running.durations, cached);
      await expect.poll(() => tracesIn(directory), { timeout: 120_000, interval: 100 }).toEqual(noTraces);
      const addresses = [told?.url, told?.databaseUrl].filter((url) => url !== undefined);
      const listening = () => Promise.all(addresses.map((url) => isListening(Number(new URL(url).port))));
      // A process that ends loses its command line, by which it is found, before its sockets; others may take its port.
      await expect.poll(listening, { timeout: 120_000, interval: 100 }).not.toContain(true);
      expect(readdirSync(running.itsCache).filter((name) => !KEPT.test(name))).toEqual([]);
      if (!cached) rmSync(running.itsCache, { recursive: true });
    }

    const directories = Array.from({ length: AT_ONCE }, (_, number) => join(temporaryDirectory(), `place ${number}`));
    directories.forEach((directory) => mkdirSync(directory));

    // Undisturbed, which fills the cache: after the second start with all there is.
    const first = start(directories[0]!, true, ...STEPS);
    expect(await first.ended, first.errors()).toEqual({ code: 0, signal: null });
    durations.learn(first.durations, false);
    const second = start(directories[0]!, true, 'wait');
    await second.begins('wait');
    const kept = () => readdirSync(cache).filter((name) => name.startsWith('declared-'));
    await expect.poll(kept, { timeout: 120_000 }).toHaveLength(1);
    second.child.kill('SIGTERM');
    await second.ended;

    const plans = makePlans();
    const inTurn = async (directory: string) => {
      for (let plan = plans.shift(); plan !== undefined; plan = plans.shift()) {
        const named = JSON.stringify(plan);
        await endAsPlanned(directory, plan).catch((error: Error) => {
          plans.length = 0;
          throw new Error(`${named}: ${error.message}`, { cause: error });
        });
      }
    };
    await Promise.all(directories.map(inTurn));
    await expectSharedMemoryBack(before);
    expect(readdirSync(cache).filter((name) => name.startsWith('cluster-'))).toHaveLength(1);
    expect(readdirSync(cache).filter((name) => name.startsWith('transcript-'))).toHaveLength(1);
  });
});
