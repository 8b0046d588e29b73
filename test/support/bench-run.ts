import type { HistoryRun } from '../../bench/history/run.ts';

/** A run of a benchmark on a quiet machine. */
export function benchRun(more: Partial<HistoryRun> = {}): HistoryRun {
  return {
    date: '2026-11-24T10:00:00Z',
    commit: 'aaaaaaa',
    source: 'run',
    machine: { cores: 2, processor: 'AMD EPYC', node: 'v22.11.0' },
    load: [0.5, 1.5],
    figures: {
      runner: { 'bare SQL': { value: 100, unit: 'ms' }, apply: { value: 200, unit: 'ms', against: 'bare SQL' } },
    },
    targets: { runner: { converge: { value: 800, limit: 1000, unit: 'ms' } } },
    ...more,
  };
}
