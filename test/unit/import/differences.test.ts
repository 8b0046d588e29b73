import { describe, expect, it } from 'vitest';
import type { RelationAccess } from '../../../access/matrix.ts';
import type { Reach } from '../../../access/map/reach.ts';
import { declare } from '../../../declaration/declare.ts';
import type { Command } from '../../../declaration/types.ts';
import { compareCalls } from '../../../import/compare/calls.ts';
import { compareRelations, differences } from '../../../import/compare/compare-access.ts';

const relation = (command: Command, reach: Reach): RelationAccess => ({
  schema: 'public',
  name: 'notes',
  rows: 2,
  truncated: false,
  cells: [{ subject: 'ann', command, reach, declared: true }],
});
const compared = (command: Command, old: Reach, now: Reach, notes: Parameters<typeof differences>[1] = []) =>
  differences(
    compareRelations(
      new Map([['public.notes', relation(command, old)]]),
      new Map([['public.notes', relation(command, now)]]),
    ),
    notes,
  );
const rows = (...keys: string[]): Reach => ({ columns: ['id'], rows: keys });
const refused: Reach = { columns: [], refused: '42501' };

describe('the comparison of access', () => {
  it('takes the same rows and columns for the same', () => {
    expect(compared('select', rows('1', '2'), rows('2', '1'))).toEqual({
      compared: 1,
      refused: 0,
      explained: [],
      unexplained: [],
    });
  });

  it('counts requests that reached no row and are refused', () => {
    expect(compared('select', rows(), refused)).toMatchObject({ refused: 1, unexplained: [] });
    expect(compared('insert', rows(), refused)).toMatchObject({ refused: 0, unexplained: [] });
  });

  it('names what is gained, lost or refused', () => {
    expect(compared('select', rows('1'), rows('1', '2')).unexplained).toEqual([
      '`public.notes`, ann, select: reaches 2 rows instead of 1',
    ]);
    expect(compared('update', rows('1'), refused).unexplained).toEqual([
      '`public.notes`, ann, update: reached 1 rows, is refused (42501)',
    ]);
    expect(compared('delete', refused, rows('1')).unexplained).toEqual([
      '`public.notes`, ann, delete: was refused (42501), reaches 1 rows',
    ]);
    const wider: Reach = { columns: ['id', 'secret'], rows: ['1'] };
    expect(compared('select', rows('1'), wider).unexplained).toEqual([
      '`public.notes`, ann, select: columns differ: secret',
    ]);
  });

  it('knows which decision explains a difference', () => {
    const note = { reason: 'rejected_condition', object: 'own on public.notes' } as const;
    expect(compared('select', rows('1'), refused, [note])).toMatchObject({
      unexplained: [],
      explained: [expect.any(String)],
    });
  });

  it('names functions that a role may call on one side only', () => {
    const declaration = declare({ name: 'app', schemas: ['public'], roles: { anonymous: 'anon', users: ['ann'] } });
    const before = new Map([
      ['public.add(integer, integer)', ['anon', 'ann']],
      ['public.gone()', ['ann']],
    ]);
    const after = new Map([
      ['public.add(integer, integer)', ['ann']],
      ['public.secret()', ['anon']],
    ]);
    const cells = compareCalls(before, after, declaration);
    expect(differences(cells, [{ reason: 'untrusted_function', object: 'public.gone()' }])).toEqual({
      compared: 6,
      refused: 0,
      explained: ['`public.gone()`, ann, call: could be called, is refused'],
      unexplained: [
        '`public.add(integer, integer)`, anon, call: could be called, is refused',
        '`public.secret()`, anon, call: was refused, can be called',
      ],
    });
  });
});
