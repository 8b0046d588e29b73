import { z } from 'zod';
import type { Part, Target } from '../report.ts';

/** A figure in one run: median, unit, and the figure of the same benchmark that it is compared with. */
const figure = z.strictObject({ value: z.number(), unit: z.string().min(1), against: z.string().min(1).optional() });

/** A target in one run: what is above the limit has missed it. */
const target = z.strictObject({ value: z.number(), limit: z.number(), unit: z.string().min(1) });

/** One line of the history: figures and targets by benchmark and name. */
export const runShape = z.strictObject({
  date: z.iso.datetime({ offset: true }),
  /** Short hash of the commit that was measured, or whose page holds the figures. */
  commit: z.string().regex(/^[0-9a-f]{7,40}$/),
  /** The run itself, or the page from which its figures were copied, rounded as there. */
  source: z.enum(['run', 'docs/benchmarks.md']),
  machine: z.strictObject({
    cores: z.int().positive(),
    processor: z.string().min(1),
    node: z.string().optional(),
  }),
  /** Least and most load of the machine's last minute: around the run, or before each part. */
  load: z.tuple([z.number(), z.number()]),
  figures: z.record(z.string(), z.record(z.string(), figure)),
  targets: z.record(z.string(), z.record(z.string(), target)),
});

export type HistoryRun = z.infer<typeof runShape>;
export type HistoryFigure = z.infer<typeof figure>;
export type HistoryTarget = z.infer<typeof target>;

/** Figures and targets of the parts that came to an end. */
export function measuredBy(parts: readonly Part[]): Pick<HistoryRun, 'figures' | 'targets'> {
  const whole = parts.filter(({ failed, skipped }) => failed === undefined && skipped === undefined);
  return {
    figures: Object.fromEntries(
      whole.map(({ name, figures }) => [
        name,
        Object.fromEntries(
          figures.map(({ name: figure, value, unit, against }) => [
            figure,
            { value: short(value.median), unit, ...(against !== undefined && { against }) },
          ]),
        ),
      ]),
    ),
    targets: Object.fromEntries(
      whole.filter(({ targets }) => targets.length > 0).map(({ name, targets }) => [name, byName(targets)]),
    ),
  };
}

function byName(targets: readonly Target[]): Record<string, HistoryTarget> {
  return Object.fromEntries(
    targets.map(({ name, value, limit, unit }) => [name, { value: short(value), limit: short(limit), unit }]),
  );
}

/** Four digits are more than any measurement here is exact to. */
function short(value: number): number {
  return Number(value.toPrecision(4));
}
