import type { FoundColumn } from '../database/found.ts';

/** How many rows are tried in an empty table. */
export const SAMPLE_ROWS = 4;

/** Days that stay past and future. */
const DAYS = ['2000-01-01', '2999-01-01', '2001-01-01', '2999-01-02'];

/** Texts of different shapes, for columns whose checks want one. The first is the sample of a claim. */
const TEXTS = ['sample', 'sample@example.com', 'A', '00001', 'https://example.com/sample'];
/** Numbers of different sizes, likewise. */
const NUMBERS = [1, 2001, 100, 10_001];

interface SampleRow {
  readonly row: number;
  /** Place of the column. */
  readonly index: number;
  readonly attempt: number;
  readonly taken: number;
  readonly compared: readonly string[];
}

/** Keys that the rows of a schema hardly have; the largest fits an int2. */
const FREE_KEYS = 20_000;

/**
 * A value for a column of a sample row, as text: the first row has the values that sample claims have. Undefined where the
 * default is the best guess.
 *
 * @param attempt how many rows the table has rejected before
 * @param taken how many of them had a key that another row has
 * @param compared values that conditions compare the column with
 */
export function sampleValue(
  column: FoundColumn,
  { row, index, attempt, taken, compared }: SampleRow,
): string | undefined {
  // Rows that are alike in one column differ in another; in a key all differ.
  const variant = column.key ? row : (row >> (index % 2)) & 1;
  if (!column.key && variant === 0 && attempt < compared.length) return compared[attempt];
  switch (column.type) {
    case 'uuid':
      return `00000000-0000-0000-0000-00000000000${variant + 1}`;
    case 'int2':
    case 'int4':
    case 'int8':
    case 'numeric':
    case 'float4':
    case 'float8':
      return String(NUMBERS[attempt % NUMBERS.length]! + variant + (column.key && taken > 0 ? FREE_KEYS + taken : 0));
    case 'text':
    case 'varchar':
    case 'bpchar':
    case 'citext':
    case 'name':
      return fitting(column, variant, attempt);
    case 'bool':
      return String(variant === 0);
    case 'enum':
      return column.labels[variant % column.labels.length];
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      return DAYS[variant % DAYS.length]!;
    case 'json':
    case 'jsonb':
      return '{}';
    case 'bytea':
      return '\\x00';
    default:
      return column.type.startsWith('_') ? '{}' : undefined;
  }
}

function fitting({ format }: FoundColumn, variant: number, attempt: number): string {
  const text = TEXTS[attempt % TEXTS.length]!;
  const length = Number(/\((\d+)\)/.exec(format)?.[1] ?? Infinity);
  const differing = variant === 0 ? text : `${variant + 1}${text}`;
  return differing.slice(0, length);
}
