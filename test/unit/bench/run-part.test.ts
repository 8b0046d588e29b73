import { expect, it } from 'vitest';
import { describePart } from '../../../bench/report.ts';
import { runPart } from '../../../bench/run-part.ts';
import { summarize } from '../../../bench/statistics.ts';

it('tells figures and targets of a part', async () => {
  const target = { name: 'converge', value: 1, limit: 2, unit: 'ms' };
  const part = await runPart('runner', 1000, (figures) => {
    figures.add('floor', summarize([10]));
    return Promise.resolve({ targets: [target] });
  });
  expect(part).toMatchObject({ name: 'runner', figures: [{ name: 'floor' }], targets: [target] });
  expect(part.failed).toBeUndefined();
});

it('keeps what was measured before a part threw', async () => {
  const part = await runPart('runner', 1000, (figures) => {
    figures.add('floor', summarize([10]));
    return Promise.reject(new Error('no database'));
  });
  expect(part).toMatchObject({ figures: [{ name: 'floor' }], failed: 'Error: no database', hung: false });
  expect(describePart(part)).toMatch(/^ {2}FAILED Error: no database$/m);
});

it('ends a part that hangs', async () => {
  const part = await runPart('runner', 50, (figures) => {
    figures.add('floor', summarize([10]));
    return new Promise(() => undefined);
  });
  expect(part).toMatchObject({ figures: [{ name: 'floor' }], failed: 'Error: it took longer than 0.05 s', hung: true });
});
