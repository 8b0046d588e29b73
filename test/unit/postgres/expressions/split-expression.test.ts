import { describe, expect, it } from 'vitest';
import { sidesOf, splitExpression, type SplitExpression } from '../../../../postgres/expressions/split-expression.ts';

/** Parts as nested lists, with how they are joined first. */
const nested = ({ sql, join, parts }: SplitExpression): unknown => (join ? [join, ...parts.map(nested)] : sql);

describe('splitExpression', () => {
  it.each([
    ['(a = 1)', 'a = 1'],
    ['((a = 1) AND (b = 2))', ['and', 'a = 1', 'b = 2']],
    ['((a = 1) OR ((b = 2) AND (c = 3)))', ['or', 'a = 1', ['and', 'b = 2', 'c = 3']]],
    [`(("ü" = 'x AND y'::text) AND ("or" = 1))`, ['and', `"ü" = 'x AND y'::text`, '"or" = 1']],
    ['(NOT ((a = 1) AND (b = 2)))', 'NOT ((a = 1) AND (b = 2))'],
    ['((CASE WHEN (a OR b) THEN c ELSE d END) AND e)', ['and', 'CASE WHEN (a OR b) THEN c ELSE d END', 'e']],
    ['( SELECT (a AND b) AS x)', '( SELECT (a AND b) AS x)'],
    ['(a) OR (b)', ['or', 'a', 'b']],
  ])('splits %s', async (sql, expected) => {
    expect(nested(await splitExpression(sql))).toEqual(expected);
  });
});

describe('sidesOf', () => {
  it.each([
    ['a = ( SELECT f(b = c) AS f)', 'a', '( SELECT f(b = c) AS f)'],
    ['a = ANY (ARRAY( SELECT f() AS f))', 'a', 'ARRAY( SELECT f() AS f)'],
    ['(a + 1) <= now()', 'a + 1', 'now()'],
    ['a IS NOT DISTINCT FROM b', 'a', 'b'],
  ])('finds them in %s', async (sql, left, right) => {
    expect(await sidesOf(sql)).toEqual({ left, right });
  });

  it.each(['a IS NULL', 'f(a, b)', 'NOT (a = b)', 'true'])('finds none in %s', async (sql) => {
    expect(await sidesOf(sql)).toBeUndefined();
  });
});
