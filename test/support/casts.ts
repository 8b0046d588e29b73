import type { ClaimType } from '../../declaration/index.ts';

const integers = (most: bigint): [values: string[], others: string[]] => [
  ['0', '7', '-7', '+7', ' 7 ', '007', String(most), String(-most - 1n)],
  ['', 'abc', '7.0', '1e3', '7 7', '--7', 'null', String(most + 1n), String(-most - 2n)],
];

/** Texts that Postgres reads as values of a type, and others. */
export const CASTS: readonly (readonly [type: ClaimType, values: readonly string[], others: readonly string[]])[] = [
  ['text', ['', 'abc', '{}'], []],
  ['int2', ...integers(32_767n)],
  ['int4', ...integers(2_147_483_647n)],
  ['int', ...integers(2_147_483_647n)],
  ['int8', ...integers(9_223_372_036_854_775_807n)],
  ['bigint', ...integers(9_223_372_036_854_775_807n)],
  [
    'numeric',
    ['0', '-1.5', '.5', '5.', '1e400', '1E-3', ' 7 ', 'NaN', 'Infinity', '-inf', '+infinity'],
    ['', '.', 'e3', '1.5.1', '1 5', 'abc', '{}'],
  ],
  [
    'boolean',
    ['t', 'true', 'TRUE', 'tru', 'y', 'yes', 'on', '1', 'f', 'false', 'no', 'of', 'off', '0', ' true '],
    ['', 'o', 'truth', 'onn', '2', '01', 'null', 'enabled'],
  ],
  [
    'uuid',
    [
      '00000000-0000-0000-0000-000000000001',
      'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11',
      '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}',
      'a0eebc999c0b4ef8bb6d6bb9bd380a11',
      'a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11',
    ],
    [
      '',
      '1',
      '00000000-0000-0000-0000-00000000000',
      'a0eebc999c0b4ef8bb6d6bb9bd380a1g',
      '{a0eebc999c0b4ef8bb6d6bb9bd380a11',
    ],
  ],
];
