import type { HistoryRun } from './run.ts';

/** A value in one run. */
export interface Point {
  /** Position of the run in the history. */
  readonly run: number;
  readonly value: number;
}

/** A figure or target of a benchmark over the runs that have it. */
export interface Series {
  readonly name: string;
  readonly unit: string;
  readonly points: readonly Point[];
  /** A floor, a peer or the limit of a target to compare with, where that has the same unit. */
  readonly compared: { readonly name: string; readonly points: readonly Point[] } | undefined;
}

/** The figures of one benchmark, then its targets, each in the order in which they came up. */
export interface BenchmarkSeries {
  readonly name: string;
  readonly series: readonly Series[];
}

/** Series by benchmark, in the order in which the history has them. */
export function seriesOf(runs: readonly HistoryRun[]): readonly BenchmarkSeries[] {
  const names = distinct(runs.flatMap(({ figures, targets }) => [...Object.keys(figures), ...Object.keys(targets)]));
  return names.map((name) => ({ name, series: [...figuresOf(runs, name), ...targetsOf(runs, name)] }));
}

function figuresOf(runs: readonly HistoryRun[], benchmark: string): Series[] {
  const inRuns = runs.map(({ figures }) => figures[benchmark] ?? {});
  return distinct(inRuns.flatMap(Object.keys)).map((name) => {
    const known = inRuns.map((figures) => figures[name]);
    const { unit, against } = known.findLast((figure) => figure !== undefined)!;
    const other = against === undefined ? [] : inRuns.map((figures) => figures[against]);
    const isComparable = against !== undefined && other.every((figure) => figure === undefined || figure.unit === unit);
    return {
      name,
      unit,
      points: pointsOf(known.map((figure) => figure?.value)),
      compared: isComparable ? { name: against, points: pointsOf(other.map((figure) => figure?.value)) } : undefined,
    };
  });
}

function targetsOf(runs: readonly HistoryRun[], benchmark: string): Series[] {
  const inRuns = runs.map(({ targets }) => targets[benchmark] ?? {});
  return distinct(inRuns.flatMap(Object.keys)).map((name) => {
    const known = inRuns.map((targets) => targets[name]);
    return {
      name: `target: ${name}`,
      unit: known.findLast((target) => target !== undefined)!.unit,
      points: pointsOf(known.map((target) => target?.value)),
      compared: { name: 'the limit', points: pointsOf(known.map((target) => target?.limit)) },
    };
  });
}

function pointsOf(values: readonly (number | undefined)[]): Point[] {
  return values.flatMap((value, run) => (value === undefined ? [] : [{ run, value }]));
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)];
}
