import { escapeHtml } from '../../errors/escape-html.ts';
import type { HistoryRun } from './run.ts';
import type { Point, Series } from './series.ts';
import { valueText } from './value-text.ts';

const WIDTH = 300;
const HEIGHT = 110;
const PLOT = { left: 10, right: WIDTH - 10, top: 20, bottom: HEIGHT - 20 };

/**
 * A series as SVG: runs from left to right, values from 0 up. What it is compared with is a dashed line. A run on a busy machine is a
 * hollow point. Colors are those of the page. Readers that do not see it have the table.
 */
export function drawChart({ unit, points, compared }: Series, runs: readonly HistoryRun[]): string {
  const all = [...points, ...(compared?.points ?? [])];
  const shown = all.map(({ run }) => run).sort((a, b) => a - b);
  const [first, last] = [shown[0]!, shown.at(-1)!];
  const most = Math.max(...all.map(({ value }) => value), Number.MIN_VALUE);
  const x = ({ run }: Point) =>
    first === last ? (PLOT.left + PLOT.right) / 2 : scale((run - first) / (last - first), PLOT.left, PLOT.right);
  const y = ({ value }: Point) => scale(value / most, PLOT.bottom, PLOT.top);
  const line = (of: readonly Point[], name: string) =>
    `<polyline class="${name}" points="${of.map((point) => `${x(point)},${y(point)}`).join(' ')}"/>`;
  const dot = (point: Point) => {
    const run = runs[point.run]!;
    const title = `${run.commit}, ${run.date.slice(0, 10)}: ${valueText(point.value, unit)}`;
    return `<circle class="${isBusy(run) ? 'busy' : 'quiet'}" cx="${x(point)}" cy="${y(point)}" r="3.5"><title>${escapeHtml(title)}</title></circle>`;
  };
  const label = (at: number, anchor: string, top: number, text: string) =>
    `<text x="${at}" y="${top}" text-anchor="${anchor}">${escapeHtml(text)}</text>`;
  return [
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" aria-hidden="true">`,
    `<line class="axis" x1="0" y1="${PLOT.bottom}" x2="${WIDTH}" y2="${PLOT.bottom}"/>`,
    `<line class="axis" x1="0" y1="${PLOT.top}" x2="${WIDTH}" y2="${PLOT.top}"/>`,
    label(0, 'start', PLOT.top - 6, valueText(most, unit)),
    label(0, 'start', HEIGHT - 5, runs[first]!.commit),
    ...(first === last ? [] : [label(WIDTH, 'end', HEIGHT - 5, runs[last]!.commit)]),
    ...(compared ? [line(compared.points, 'compared')] : []),
    line(points, 'measured'),
    ...points.map(dot),
    '</svg>',
  ].join('');
}

/** More programs wanted to run than the machine has cores: times tell of the machine. */
export function isBusy({ load: [, most], machine: { cores } }: HistoryRun): boolean {
  return most > 2 * cores;
}

function scale(share: number, from: number, to: number): number {
  return Math.round((from + share * (to - from)) * 10) / 10;
}
