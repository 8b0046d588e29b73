import { escapeHtml } from '../../errors/escape-html.ts';
import { round } from '../report.ts';
import { CHART_STYLE } from './chart-style.ts';
import { drawChart, isBusy } from './draw-chart.ts';
import type { HistoryRun } from './run.ts';
import { seriesOf, type BenchmarkSeries, type Series } from './series.ts';
import { numberText, valueText } from './value-text.ts';

/** Charts of all benchmarks, and their values as tables: Markdown with HTML blocks, which hold no blank line. */
export function historySections(runs: readonly HistoryRun[]): string {
  const sections = seriesOf(runs).map((benchmark) => section(benchmark, runs));
  return [`<style>${CHART_STYLE}</style>`, ...sections].join('\n\n');
}

function section({ name, series }: BenchmarkSeries, runs: readonly HistoryRun[]): string {
  const charts = series.filter((one) => !isOnlyCompared(one, series)).map((one) => chart(one, runs));
  return [
    `## ${name}`,
    `<div class="history-charts">\n${charts.join('\n')}\n</div>`,
    `<details class="history-values"><summary>Values of ${escapeHtml(name)}</summary>\n${table(series, runs)}\n</details>`,
  ].join('\n\n');
}

/** A floor or peer is in the charts of those that are compared with it. */
function isOnlyCompared({ name, compared }: Series, series: readonly Series[]): boolean {
  return compared === undefined && series.some((one) => one.compared?.name === name);
}

function chart(series: Series, runs: readonly HistoryRun[]): string {
  return `<figure><figcaption><b>${escapeHtml(series.name)}</b> ${escapeHtml(caption(series))}</figcaption>${drawChart(series, runs)}</figure>`;
}

/** The last value, and how many times what it is compared with. */
function caption({ unit, points, compared }: Series): string {
  const { run, value } = points.at(-1)!;
  const other = compared?.points.find((point) => point.run === run);
  const ratio = other ? `, ${round(value / other.value)} × ${compared!.name}` : '';
  return valueText(value, unit) + ratio;
}

function table(series: readonly Series[], runs: readonly HistoryRun[]): string {
  const measured = new Set(series.flatMap(({ points }) => points.map(({ run }) => run)));
  const shown = [...runs.entries()].filter(([run]) => measured.has(run)).reverse();
  const head = shown.map(([, run]) => `<th scope="col">${run.commit}<br>${run.date.slice(0, 10)}</th>`);
  const state = shown.map(
    ([, run]) => `<td>${run.load.map(numberText).join(' to ')}${isBusy(run) ? ', busy' : ''}</td>`,
  );
  const rows = series.map(({ name, unit, points }) => {
    const values = new Map(points.map(({ run, value }) => [run, valueText(value, unit)]));
    const cells = shown.map(([run]) => `<td>${escapeHtml(values.get(run) ?? '')}</td>`);
    return `<tr><th scope="row">${escapeHtml(name)}</th>${cells.join('')}</tr>`;
  });
  return [
    `<table><thead><tr><th scope="col">figure</th>${head.join('')}</tr></thead><tbody>`,
    `<tr><th scope="row">load of the machine</th>${state.join('')}</tr>`,
    ...rows,
    '</tbody></table>',
  ].join('\n');
}
