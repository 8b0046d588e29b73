import type { Summary } from './statistics.ts';

/** One figure; `ratio` says how many times `against` it is. */
export interface Figure {
  readonly name: string;
  readonly unit:
    'ms' | 'µs' | 'requests/s' | 'resources' | 'connections' | 'bytes' | '%' | 'MB' | 'tables' | 'exponent';
  readonly value: Summary;
  readonly against?: string;
  readonly ratio?: number;
}

/** Limit of a figure. */
export interface Target {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
  readonly unit: string;
}

/** Result of a benchmark, beside its figures. */
export interface Outcome {
  readonly targets: readonly Target[];
  /** Why it was not run. */
  readonly skipped?: string;
}

export interface Part extends Outcome {
  readonly name: string;
  /** All that were measured, also where it then failed. */
  readonly figures: readonly Figure[];
  /** Why it came to no end. */
  readonly failed?: string;
  /** True if it was still under way when its time was over. */
  readonly hung?: boolean;
}

/** Collects the figures of one part; each may be compared with one that is there already. */
export class Figures {
  readonly #figures = new Map<string, Figure>();

  add(name: string, value: Summary, { unit = 'ms', against }: { unit?: Figure['unit']; against?: string } = {}): void {
    const ratio = against === undefined ? {} : { against, ratio: value.median / this.of(against).median };
    this.#figures.set(name, { name, unit, value, ...ratio });
  }

  has(name: string): boolean {
    return this.#figures.has(name);
  }

  of(name: string): Summary {
    const figure = this.#figures.get(name);
    if (!figure) throw new Error(`there is no figure "${name}"`);
    return figure.value;
  }

  list(): Figure[] {
    return [...this.#figures.values()];
  }
}

export function missed(parts: readonly Part[]): Target[] {
  return parts.flatMap(({ targets }) => targets).filter(({ value, limit }) => !(value <= limit));
}

/** The text of a part, ratios first: they hold on other machines, milliseconds do not. */
export function describePart({ name, figures, targets, skipped, failed }: Part): string {
  if (skipped !== undefined) return `${name}: skipped, ${skipped}\n`;
  const rows = figures.map(({ name: figure, unit, value, against, ratio }) => [
    ratio === undefined ? '' : `${round(ratio)} x`,
    figure,
    `${round(value.median)} ${unit}`,
    value.samples > 1 ? `${round(value.min)} to ${round(value.max)}` : '',
    against === undefined ? '' : `against ${against}`,
  ]);
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]!.length))) ?? [];
  const line = (row: readonly string[]) =>
    row.map((cell, column) =>
      column === 1 || column > 3 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
    );
  return [
    name,
    ...rows.map((row) => `  ${line(row).join('  ')}`.trimEnd()),
    ...targets.map(
      ({ name: target, value, limit, unit }) =>
        `  ${value <= limit ? 'met   ' : 'MISSED'} ${target}: ${round(value)} ${unit}, at most ${round(limit)}`,
    ),
    ...(failed === undefined ? [] : [`  FAILED ${failed}`]),
    '',
  ].join('\n');
}

/** Three digits, or all before the point. */
export function round(value: number): string {
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return value.toFixed(Math.min(digits, 3));
}
