import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readHistory } from '../../../bench/history/history-file.ts';
import { PAGE, renderResults } from '../../../bench/history/results-page.ts';
import { benchRun } from '../../support/bench-run.ts';

const page = readFileSync(PAGE, 'utf8');

it('docs/benchmarks.md has the results that bench/history/results-page.ts writes from the history', async () => {
  expect(page).toBe(await renderResults(page, readHistory()));
});

it('a benchmark shows its latest run, with ratios and missed targets', async () => {
  const older = benchRun({ commit: 'bbbbbbb' });
  const later = benchRun({ targets: { runner: { converge: { value: 1200, limit: 1000, unit: 'ms' } } } });
  const text = await renderResults(page, [older, later]);
  expect(text).toContain('commit aaaaaaa, 2 cores, AMD EPYC, load 0.500 to 1.50.');
  expect(text).not.toContain('bbbbbbb');
  expect(text).toMatch(/\| converge +\| 1\.20 s +\| 1\.00 s +\| \*\*missed\*\* \|/);
  expect(text).toMatch(/\| apply +\| 200 ms +\| bare SQL +\| 2\.00 +\|/);
});

it('a page without a place for results is an error', async () => {
  await expect(renderResults('# Benchmarks\n', [])).rejects.toThrow('has no place for results');
});
