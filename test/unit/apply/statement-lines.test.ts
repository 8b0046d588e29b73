import { expect, it } from 'vitest';
import { statementLines } from '../../../apply/statement-lines.ts';

it('a statement is one line, without its comments, and is shortened where it is long', () => {
  const long = `CREATE FUNCTION f() ${'x'.repeat(200)}`;
  expect(statementLines(['-- why\nGRANT SELECT\n  ON t TO r', long])).toEqual([
    'GRANT SELECT ON t TO r;',
    `${long.slice(0, 160)} ...;`,
  ]);
});

it('statements that are too many to be read are counted', () => {
  const lines = statementLines(Array.from({ length: 40 }, (_, n) => `SELECT ${n}`));
  expect(lines).toHaveLength(31);
  expect(lines.at(-1)).toBe('-- and 10 more');
});
