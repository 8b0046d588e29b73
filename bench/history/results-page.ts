// Writes the results of the latest runs into docs/benchmarks.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { round } from '../report.ts';
import { isBusy } from './draw-chart.ts';
import { readHistory } from './history-file.ts';
import type { HistoryFigure, HistoryRun, HistoryTarget } from './run.ts';
import { numberText, valueText } from './value-text.ts';

export const PAGE = new URL('../../docs/benchmarks.md', import.meta.url);

const PLACE = /(<!-- results -->\n)[\s\S]*?(<!-- end -->)/;

/** The page with the targets and figures of the latest run of each benchmark. */
export async function renderResults(page: string, runs: readonly HistoryRun[]): Promise<string> {
  if (!PLACE.test(page))
    throw new Error('docs/benchmarks.md has no place for results: <!-- results --> to <!-- end -->');
  const names = [...new Set(runs.flatMap(({ figures }) => Object.keys(figures)))].sort();
  const sections = names.map((name) =>
    section(
      name,
      runs.findLast(({ figures }) => name in figures)!,
    ),
  );
  const text = page.replace(PLACE, (_, begin: string, end: string) => [begin, ...sections, end].join('\n'));
  return format(text, { ...(await resolveConfig(PAGE)), parser: 'markdown' });
}

function section(name: string, run: HistoryRun): string {
  const targets = Object.entries(run.targets[name] ?? {});
  const figures = run.figures[name]!;
  return [
    `### ${name}`,
    circumstances(run),
    ...(targets.length > 0 ? [table(['target', 'measured', 'at most', 'result'], targets.map(targetRow))] : []),
    '<details><summary>All figures</summary>',
    table(
      ['figure', 'median', 'compared with', 'ratio'],
      Object.entries(figures).map((one) => figureRow(one, figures)),
    ),
    '</details>',
    '',
  ].join('\n\n');
}

/** When and where the run was. */
function circumstances(run: HistoryRun): string {
  const { date, commit, machine, load } = run;
  const where = `${machine.cores} cores, ${machine.processor}, load ${load.map(numberText).join(' to ')}`;
  return `${date.slice(0, 10)}, commit ${commit}, ${where}${isBusy(run) ? ', a busy machine' : ''}.`;
}

function targetRow([name, { value, limit, unit }]: [string, HistoryTarget]): string[] {
  return [name, valueText(value, unit), valueText(limit, unit), value <= limit ? 'met' : '**missed**'];
}

function figureRow(
  [name, { value, unit, against }]: [string, HistoryFigure],
  all: Readonly<Record<string, HistoryFigure>>,
) {
  const other = against === undefined ? undefined : all[against];
  return [name, valueText(value, unit), against ?? '', other ? round(value / other.value) : ''];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '-')), ...rows.map(line)].join('\n');
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(PAGE, await renderResults(readFileSync(PAGE, 'utf8'), readHistory()));
}
