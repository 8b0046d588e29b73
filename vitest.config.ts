import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const seconds = 1000;

/** Tests are sorted by what they need: a project for each folder of `test/`. */
const kind = (name: string, timeout: number, settings = {}) => ({
  test: { name, include: [`test/${name}/**/*.test.ts`], testTimeout: timeout, hookTimeout: timeout, ...settings },
});

/** One file at a time, after the files of smaller `groupOrder`: these tests share the machine's Docker engine. */
const alone = (groupOrder: number) => ({ fileParallelism: false, sequence: { groupOrder } });

export default defineConfig({
  test: {
    // Servers take half of the time: two workers are quicker also where there are two cores.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    projects: [
      kind('unit', 20 * seconds),
      kind('embedded', 120 * seconds, {
        include: ['test/embedded/**/*.test.ts', 'examples/**/*.test.ts'],
        // A second is not enough on a busy machine.
        expect: { poll: { timeout: 30 * seconds } },
      }),
      kind('browser', 120 * seconds),
      kind('docker', 180 * seconds, alone(1)),
      kind('deploy', 600 * seconds, alone(2)),
      kind('engine', 600 * seconds, alone(3)),
    ],
  },
});
