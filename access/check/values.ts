import type { Random } from './random.ts';

/** A value of a column, as JSON. */
export type Value = string | number | boolean | null;

export const UUIDS = [1, 2, 3].map((digit) => `00000000-0000-4000-8000-00000000000${digit}`);
const TIMES = ['2001-01-01T00:00:00+00:00', '2999-01-01T00:00:00+00:00'];
const DATES = ['2001-01-01', '2999-01-01'];
const WORDS = ['a', 'b'];

/** Few values of a type, so that rows, claims and filters meet; undefined for a type that is not filled. */
export function valuesOf(type: string, words: readonly string[] = []): readonly Exclude<Value, null>[] | undefined {
  if (/^(smallint|integer|bigint|numeric|real|double)/.test(type)) return [1, 2, 3];
  if (/^(text|character|citext|name)/.test(type)) return [...WORDS, ...words];
  if (type === 'uuid') return UUIDS;
  if (type === 'boolean') return [true, false];
  if (type.startsWith('timestamp')) return TIMES;
  if (type === 'date') return DATES;
  return undefined;
}

/** Values of claims that are read otherwise than they look, or not at all. */
const STRANGE: readonly unknown[] = [
  null,
  '',
  ' 1 ',
  '01',
  '1.0',
  1.5,
  '+2',
  99_999_999_999,
  '1e0',
  true,
  'TRUE',
  'yes',
  {},
  [],
  [1],
  { a: 1 },
  'a ',
  UUIDS[0]!.toUpperCase(),
  `{${UUIDS[1]!}}`,
  UUIDS[0]!.replaceAll('-', ''),
  'NULL',
];

/** A value that a claim may have, most often one of the type that it is read as. */
export function claimValue(random: Random, type: string | undefined, words: readonly string[]): unknown {
  if (random.percent(8)) return random.one(STRANGE);
  const types = ['integer', 'uuid', 'text'];
  const values = valuesOf(type !== undefined && random.percent(92) ? type : random.one(types), words) ?? WORDS;
  const value = random.one(values);
  return typeof value === 'number' && random.percent(20) ? String(value) : value;
}
