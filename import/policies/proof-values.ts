import type { FoundColumn } from '../database/found.ts';

/** Values that a column of a type may have in a proof, as SQL literals would name them; null is always another one. */
export function columnValues({ type, labels }: FoundColumn, constants: readonly string[]): (string | null)[] {
  const fitting = constants.filter((text) => fits(type, text, labels));
  return [...new Set([...samplesOf(type, labels), ...fitting]), null];
}

const FIRST_UUID = '00000000-0000-0000-0000-00000000000a';
const SECOND_UUID = '00000000-0000-0000-0000-00000000000b';

function samplesOf(type: string, labels: readonly string[]): string[] {
  switch (type) {
    case 'uuid':
      return [FIRST_UUID, SECOND_UUID];
    case 'bool':
      return ['true', 'false'];
    case 'enum':
      return labels.slice(0, 6);
    case 'date':
    case 'timestamp':
    case 'timestamptz':
      return ['2000-01-01', '2999-01-01', 'infinity', '-infinity'];
    case 'json':
    case 'jsonb':
      return ['{}'];
    case 'text':
    case 'varchar':
    case 'citext':
    case 'name':
      return ['1', 'a', 'A', FIRST_UUID, ''];
    case 'bpchar':
      return ['1', 'a', 'A', ''];
    default:
      return /^(int[248]|numeric|float[48])$/.test(type) ? ['1', '2', '0'] : [];
  }
}

function fits(type: string, text: string, labels: readonly string[]): boolean {
  if (/^(int[248]|numeric|float[48])$/.test(type)) return /^-?\d{1,4}$/.test(text);
  if (type === 'enum') return labels.includes(text);
  return ['text', 'varchar', 'bpchar', 'citext', 'name'].includes(type);
}

/** Values of a claim: those of columns in any spelling, what no column has, and what is no text. */
export const CLAIM_VALUES: readonly unknown[] = [
  FIRST_UUID,
  SECOND_UUID,
  FIRST_UUID.toUpperCase(),
  `{${FIRST_UUID}}`,
  '1',
  1,
  2,
  '01',
  ' 1',
  'a',
  'A',
  'a ',
  'none',
  true,
  false,
  null,
  [],
  [FIRST_UUID, 1, 'a'],
  ['none'],
  {},
];
