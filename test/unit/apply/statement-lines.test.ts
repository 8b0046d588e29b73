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

it('a name keeps what looks like a comment or moves the cursor, so that no part of the statement is hidden', () => {
  expect(statementLines(['GRANT SELECT ON "a\n--" TO "anon"', 'GRANT SELECT ON "b\u001b[2K\u202e" TO "anon"'])).toEqual(
    ['GRANT SELECT ON "a\\u{a}--" TO "anon";', 'GRANT SELECT ON "b\\u{1b}[2K\\u{202e}" TO "anon";'],
  );
});
