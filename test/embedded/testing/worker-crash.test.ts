import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import declaration from '../../../examples/todos/declaration.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { useOwnTemporaryDirectory } from './own-temporary-directory.ts';
import { quickProgram } from './quick-program.ts';
import { isListening, serverDirectories } from './traces.ts';
import { noTraces, tracesIn } from './traces-in.ts';

const temporaryDirectory = useOwnTemporaryDirectory();
let program: string;
/** Where the one that ends has its directories. */
let place: string;
let own: EphemeralPostgrest;

beforeAll(async () => {
  program = await quickProgram('environment', temporaryDirectory());
  place = join(temporaryDirectory(), 'its place');
  mkdirSync(place);
  own = await startEphemeralPostgrest(declaration);
});
afterAll(() => own?.stop());

async function portsTold(output: NodeJS.ReadableStream): Promise<number[]> {
  for await (const line of createInterface(output)) {
    const { step, url, databaseUrl } = JSON.parse(line) as { step: string; url: string; databaseUrl: string };
    if (step === 'wait') return [url, databaseUrl].map((address) => Number(new URL(address).port));
  }
  return [];
}

/** Starts something with an environment, ends it, and expects that nothing of it is left, and that `own` goes on. */
async function crash(start: () => { output: NodeJS.ReadableStream; end: () => Promise<unknown> }) {
  const { output, end } = start();
  const ports = await portsTold(output);
  expect(await Promise.all(ports.map(isListening))).toEqual([true, true]);
  expect(serverDirectories(place)).toHaveLength(2);
  await end();
  await expect.poll(() => tracesIn(place), { interval: 100 }).toEqual(noTraces);
  expect(await Promise.all(ports.map(isListening))).toEqual([false, false]);
  expect((await fetch(`${own.url}/todos?select=title`)).status).toBe(200);
  expect(await own.sql('select 1 as one')).toEqual([{ one: 1 }]);
}

describe.runIf(process.platform === 'linux')('a worker thread that ends takes its environment with it', () => {
  const startWorker = (end: (worker: Worker) => Promise<unknown>) => () => {
    const worker = new Worker(program, {
      argv: ['wait'],
      env: { ...process.env, TMPDIR: place },
      stdin: true,
      stdout: true,
      stderr: true,
      resourceLimits: { maxOldGenerationSizeMb: 100 },
    });
    // It fails on purpose.
    worker.on('error', () => {});
    return { output: worker.stdout, end: () => end(worker) };
  };

  it('when it is terminated', () => crash(startWorker((worker) => worker.terminate())));

  it.each([
    ['exits', 'exit', 3],
    ['throws', 'throw', 1],
    ['runs out of memory', 'outOfMemory', 1],
  ])('when it %s', (_, word, code) =>
    crash(
      startWorker(async (worker) => {
        // An error that comes before must not end the wait.
        const ended = new Promise((resolve) => worker.once('exit', resolve));
        worker.stdin!.write(word);
        expect(await ended).toBe(code);
      }),
    ),
  );
});

describe.runIf(process.platform === 'linux')('a child process that ends takes its environment with it', () => {
  it.each([
    ['aborts', 'abort', [null, 'SIGABRT']],
    ['runs out of memory', 'outOfMemory', [null, 'SIGABRT']],
  ])('when it %s', (_, word, how) =>
    crash(() => {
      const child = fork(program, ['wait'], {
        silent: true,
        execArgv: ['--max-old-space-size=100'],
        env: { ...process.env, TMPDIR: place },
      });
      return {
        output: child.stdout!,
        async end() {
          const ended = once(child, 'exit');
          child.stdin!.write(word);
          expect(await ended).toEqual(how);
        },
      };
    }),
  );
});
