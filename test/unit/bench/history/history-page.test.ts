import { describe, expect, it } from 'vitest';
import { drawChart } from '../../../../bench/history/draw-chart.ts';
import { historySections } from '../../../../bench/history/history-page.ts';
import { seriesOf } from '../../../../bench/history/series.ts';
import { benchRun } from '../../../support/bench-run.ts';

const figures = (apply: number, bare = 100) => ({
  runner: { 'bare SQL': { value: bare, unit: 'ms' }, apply: { value: apply, unit: 'ms', against: 'bare SQL' } },
});
const runs = [
  benchRun({ load: [4, 12], figures: figures(400) }),
  benchRun({ commit: 'bbbbbbb', figures: { refresh: { refreshes: { value: 488, unit: 'requests/s' } } }, targets: {} }),
  benchRun({ commit: 'ccccccc', figures: figures(200) }),
];

describe('seriesOf', () => {
  it('has the runs that measured a figure, beside its floor in the same runs', () => {
    const [runner, refresh] = seriesOf(runs);
    expect(runner).toMatchObject({
      name: 'runner',
      series: [
        { name: 'bare SQL', compared: undefined },
        {
          name: 'apply',
          points: [
            { run: 0, value: 400 },
            { run: 2, value: 200 },
          ],
          compared: { name: 'bare SQL', points: [{ run: 0 }, { run: 2 }] },
        },
        { name: 'target: converge', compared: { name: 'the limit', points: [{ value: 1000 }, { value: 1000 }] } },
      ],
    });
    expect(refresh!.series[0]!.points).toEqual([{ run: 1, value: 488 }]);
  });

  it('compares no milliseconds with megabytes', () => {
    const other = { runner: { memory: { value: 1, unit: 'MB' }, apply: { value: 2, unit: 'ms', against: 'memory' } } };
    const [runner] = seriesOf([benchRun({ figures: other })]);
    expect(runner!.series.find(({ name }) => name === 'apply')!.compared).toBeUndefined();
  });
});

describe('drawChart', () => {
  const [{ series }] = seriesOf(runs) as [ReturnType<typeof seriesOf>[number]];
  const svg = drawChart(
    series.find(({ name }) => name === 'apply')!,
    runs,
  );

  it('puts half of the value at half of the height', () => {
    // The plot is from 90, which is 0, up to 20, which is 400 ms.
    expect(/class="measured" points="([^"]*)"/.exec(svg)![1]).toBe('10,20 290,55');
    expect(/class="compared" points="([^"]*)"/.exec(svg)![1]).toBe('10,72.5 290,72.5');
    expect(svg).toContain('>400 ms</text>');
  });

  it('shows a run on a busy machine as a hollow point, and tells commit, day and value of each', () => {
    expect([...svg.matchAll(/<circle class="(\w+)"/g)].map(([, name]) => name)).toEqual(['busy', 'quiet']);
    expect(svg).toContain('<title>ccccccc, 2026-11-24: 200 ms</title>');
  });

  it('draws one run in the middle', () => {
    const [, refresh] = seriesOf(runs);
    expect(drawChart(refresh!.series[0]!, runs)).toContain('<circle class="quiet" cx="150" cy="20"');
  });
});

describe('historySections', () => {
  const page = historySections(runs);

  it('has a heading for each benchmark, and no chart for a floor alone', () => {
    expect(page.match(/^## .*$/gm)).toEqual(['## runner', '## refresh']);
    expect([...page.matchAll(/<figcaption><b>([^<]*)<\/b> ([^<]*)</g)].map(([, ...texts]) => texts)).toEqual([
      ['apply', '200 ms, 2.00 × bare SQL'],
      ['target: converge', '800 ms, 0.800 × the limit'],
      ['refreshes', '488 requests/s'],
    ]);
  });

  it('has every value as text, the newest run first', () => {
    const rows = [...page.matchAll(/<tr>(.*?)<\/tr>/gs)].map(([, row]) =>
      [...row!.matchAll(/<t[hd][^>]*>(.*?)<\/t[hd]>/g)].map(([, cell]) => cell),
    );
    expect(rows.slice(0, 4)).toEqual([
      ['figure', 'ccccccc<br>2026-11-24', 'aaaaaaa<br>2026-11-24'],
      ['load of the machine', '0.500 to 1.50', '4 to 12, busy'],
      ['bare SQL', '100 ms', '100 ms'],
      ['apply', '200 ms', '400 ms'],
    ]);
  });

  it('escapes names, and breaks no HTML block by a blank line', () => {
    const hostile = { '<b>': { '"><script>': { value: 1, unit: '<i>' } } };
    expect(historySections([benchRun({ figures: hostile })])).not.toContain('<script>');
    for (const block of page.split('\n\n')) expect(block).toMatch(/^(?:## |<style>|<div|<details)/);
  });
});
