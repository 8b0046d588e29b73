import { expect, it } from 'vitest';
import { problemsOf, skippedIn } from '../../../bench/problems.ts';
import type { Part } from '../../../bench/report.ts';

const target = { name: 'converge', value: 1, limit: 2, unit: 'ms' };
const part = (name: string, more: Partial<Part> = {}): Part => ({ name, figures: [], targets: [target], ...more });

it('a run that met every target has no problem', () => {
  expect(problemsOf(['runner'], [part('runner')])).toEqual([]);
});

it('a missed target, a failed part and one that was not reached each are a problem', () => {
  const parts = [
    part('runner', { targets: [{ ...target, value: 3 }] }),
    part('policies', { targets: [], failed: 'Error: no database' }),
  ];
  expect(problemsOf(['runner', 'policies', 'deploy'], parts)).toEqual([
    'failed: policies: Error: no database',
    'not run: deploy',
    'missed: converge',
  ]);
});

it('a skipped part is named, and is no problem', () => {
  const parts = [part('deploy', { targets: [], skipped: 'no engine' })];
  expect(problemsOf(['deploy'], parts)).toEqual([]);
  expect(skippedIn(parts)).toEqual(['skipped: deploy: no engine']);
});
