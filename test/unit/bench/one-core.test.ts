import { execFileSync, spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { expect, it } from 'vitest';
import { onOneCore } from '../../../bench/one-core.ts';

const isPossible = spawnSync('taskset', ['--version']).status === 0 && availableParallelism() > 1;

/** Cores of a process that this one starts. */
const coresOfChild = () =>
  /^Cpus_allowed_list:\s*(.*)$/m.exec(execFileSync('cat', ['/proc/self/status'], { encoding: 'utf8' }))![1];

it.runIf(isPossible)('what is started meanwhile has one core, and afterwards all of them again', async () => {
  const before = coresOfChild();
  expect(await onOneCore(() => Promise.resolve(coresOfChild()))).toMatch(/^\d+$/);
  expect(coresOfChild()).toBe(before);
});

it('is over where the work fails, and passes on its error', async () => {
  await expect(onOneCore(() => Promise.reject(new Error('no database')))).rejects.toThrow('no database');
});
