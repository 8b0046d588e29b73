import { describe, expect, it } from 'vitest';
import { boundOf, changedPieces } from '../../../../access/diff/compare-pieces.ts';
import type { Piece } from '../../../../access/diff/deciding-pieces.ts';
import { combined, gradeOf, mayBeWider } from '../../../../access/diff/grade.ts';

const piece = (text: string, effect: Piece['effect'] = 'permissive'): Piece => ({
  name: `policy ${text}`,
  text,
  effect,
});

describe('grades', () => {
  it('combine: opposite ones are incomparable, and what is not decided stays so with what is sure of both', () => {
    expect(combined({ grade: 'same' }, { grade: 'wider' })).toEqual({ grade: 'wider' });
    expect(combined({ grade: 'narrower' }, { grade: 'narrower' })).toEqual({ grade: 'narrower' });
    expect(combined({ grade: 'narrower' }, { grade: 'wider' })).toEqual({ grade: 'incomparable' });
    expect(combined({ grade: 'not decided', bound: 'not wider' }, { grade: 'narrower' })).toEqual({
      grade: 'not decided',
      bound: 'not wider',
    });
    expect(combined({ grade: 'not decided', bound: 'not wider' }, { grade: 'wider' })).toEqual({
      grade: 'not decided',
      bound: undefined,
    });
  });

  it('follow from what is gained and lost', () => {
    expect([gradeOf(true, true), gradeOf(true, false), gradeOf(false, true), gradeOf(false, false)]).toEqual([
      'incomparable',
      'wider',
      'narrower',
      'same',
    ]);
  });

  it('count as wider unless it is sure that they are not', () => {
    expect(mayBeWider({ grade: 'not decided' })).toBe(true);
    expect(mayBeWider({ grade: 'not decided', bound: 'not narrower' })).toBe(true);
    expect(mayBeWider({ grade: 'not decided', bound: 'not wider' })).toBe(false);
    expect(mayBeWider({ grade: 'narrower' })).toBe(false);
  });
});

describe('the texts of policies', () => {
  it('say that one more permissive policy is not narrower, and one more restrictive policy not wider', () => {
    expect(boundOf([piece('a')], [piece('a'), piece('b')])).toBe('not narrower');
    expect(boundOf([piece('a')], [piece('a'), piece('b', 'restrictive')])).toBe('not wider');
    expect(boundOf([piece('a')], [piece('b')])).toBeUndefined();
  });

  it('say nothing where something that they rest on differs', () => {
    expect(boundOf([piece('a'), piece('f', 'code')], [piece('a'), piece('b'), piece('g', 'code')])).toBeUndefined();
  });

  it('say that nothing is wider than every row', () => {
    expect(boundOf([piece('every', 'all')], [piece('a')])).toBe('not wider');
    expect(boundOf([piece('a')], [piece('every', 'all')])).toBe('not narrower');
  });

  it('are the same whatever the names of policies are', () => {
    expect(changedPieces([piece('a')], [{ ...piece('a'), name: 'policy renamed' }])).toEqual([]);
  });

  it('of a function count as code where a trigger runs it, and not where a policy calls it', () => {
    const fn = (text: string, effect: Piece['effect']): Piece => ({ name: 'function f()', text, effect });
    expect(changedPieces([fn('1', 'code')], [fn('2', 'code')])).toMatchObject([{ isCode: true }]);
    expect(changedPieces([fn('1', 'other')], [fn('2', 'other')])).toMatchObject([{ isCode: false }]);
  });
});
