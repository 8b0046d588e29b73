import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { appendRun, HISTORY, parseHistory, readHistory } from '../../../../bench/history/history-file.ts';
import { measuredBy } from '../../../../bench/history/run.ts';
import type { Part } from '../../../../bench/report.ts';
import { summarize } from '../../../../bench/statistics.ts';
import { temporaryDirectory } from '../../../support/synth.ts';
import { benchRun } from '../../../support/bench-run.ts';

describe('the history of the project', () => {
  const runs = readHistory();

  it('has figures of every benchmark that the page of benchmarks had', () => {
    const names = new Set(runs.flatMap(({ figures }) => Object.keys(figures)));
    expect([...names]).toEqual(
      expect.arrayContaining(['policies', 'requests', 'todos', 'runner', 'deploy', 'ephemeral', 'refresh', 'gateway']),
    );
  });

  it('has figures that were copied from the page as that commit has it', () => {
    const run = runs.find(({ commit }) => commit === '956582b')!;
    expect(run.source).toBe('docs/benchmarks.md');
    expect(run.figures['runner']!['1000 tables: converge with nothing to do']).toEqual({ value: 217, unit: 'ms' });
    expect(run.figures['todos']!['fresh: cdktf deploy']).toEqual({
      value: 14_500,
      unit: 'ms',
      against: 'fresh: terraform alone',
    });
  });

  it('stays small: at most 20 KB a run', () => {
    const lines = readFileSync(HISTORY, 'utf8').split('\n');
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(20_000);
  });
});

describe('parseHistory', () => {
  const text = (...runs: object[]) => runs.map((run) => `${JSON.stringify(run)}\n`).join('');

  it('reads a run a line', () => {
    expect(parseHistory(text(benchRun(), benchRun({ commit: 'bbbbbbb' })))).toEqual([
      benchRun(),
      benchRun({ commit: 'bbbbbbb' }),
    ]);
    expect(parseHistory('')).toEqual([]);
  });

  it.each([
    ['a line that is not JSON', '{"date"', 'history, line 2: it is not JSON'],
    ['a commit that is no hash', JSON.stringify(benchRun({ commit: 'main' })), 'history, line 2: commit: '],
    ['a field that it does not know', JSON.stringify({ ...benchRun(), extra: 1 }), 'history, line 2: the run: '],
    [
      'a figure without a number',
      JSON.stringify({ ...benchRun(), figures: { runner: { apply: { value: null, unit: 'ms' } } } }),
      'history, line 2: figures.runner.apply.value: ',
    ],
    [
      'an older run',
      JSON.stringify(benchRun({ date: '2020-01-01T00:00:00Z' })),
      'history, line 2: 2020-01-01T00:00:00Z is before',
    ],
  ])('names the line of %s', (_, line, message) => {
    expect(() => parseHistory(`${text(benchRun())}${line}\n`)).toThrow(message);
  });
});

it('appendRun adds a line that can be read', () => {
  const file = pathToFileURL(join(temporaryDirectory(), 'history.jsonl'));
  writeFileSync(file, '');
  appendRun(benchRun(), file);
  appendRun(benchRun({ commit: 'bbbbbbb' }), file);
  expect(readHistory(file).map(({ commit }) => commit)).toEqual(['aaaaaaa', 'bbbbbbb']);
});

it('measuredBy takes parts that came to an end, with four digits of each median', () => {
  const target = { name: 'converge', value: 1.23456, limit: 2, unit: 'ms' };
  const figures = [
    { name: 'floor', unit: 'ms', value: summarize([1, 2.34567, 9]) },
    { name: 'ours', unit: 'ms', value: summarize([4]), against: 'floor', ratio: 2 },
  ] as const;
  const part = (name: string, more: Partial<Part> = {}): Part => ({ name, figures, targets: [target], ...more });
  const parts = [part('runner'), part('gateway', { failed: 'Error' }), part('deploy', { skipped: 'no engine' })];
  expect(measuredBy(parts)).toEqual({
    figures: { runner: { floor: { value: 2.346, unit: 'ms' }, ours: { value: 4, unit: 'ms', against: 'floor' } } },
    targets: { runner: { converge: { value: 1.235, limit: 2, unit: 'ms' } } },
  });
});
