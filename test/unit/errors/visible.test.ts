import { expect, it } from 'vitest';
import { findingLine } from '../../../audit/finding.ts';
import { removedLines } from '../../../apply/removed.ts';
import { errorLine } from '../../../cli/error-line.ts';
import { visible, visibleLines } from '../../../errors/visible.ts';

it.each([
  ['plain words, café, 表', 'plain words, café, 表'],
  ['\u001b[31mred\u009b2J\u0007\n', '\\u{1b}[31mred\\u{9b}2J\\u{7}\\u{a}'],
  ['a\u202eb\u200bc\u2066\ufeff', 'a\\u{202e}b\\u{200b}c\\u{2066}\\u{feff}'],
])('%j is shown as %j', (text, shown) => {
  expect(visible(text)).toBe(shown);
});

it('lines stay lines where several are shown', () => {
  expect(visibleLines('a\n\u001bb')).toBe('a\n\\u{1b}b');
});

const hostile = 'x\u001b]0;owned\u0007';
const shown = 'x\\u{1b}]0;owned\\u{7}';

it('names in findings, removed statements and errors do not reach the terminal as they are', () => {
  const object = { kind: 'table', name: hostile, text: hostile };
  expect(
    findingLine({ rule: 'r', level: 'error', object, problem: 'is open', fix: { text: 'close it', sql: [] } }),
  ).toBe(`r: ${shown} is open (close it)`);
  expect(removedLines([{ statement: hostile, place: '1.sql:1', reason: 'not declared', fix: 'declare it' }])).toEqual([
    `removed: ${shown} (1.sql:1), not declared; declare it`,
  ]);
  expect(errorLine(new Error(`${hostile}\n  is wrong`))).toBe(`secured-postgrest: ${shown} is wrong`);
});

it('errors of the system and of Postgres say where they come from, and their code', () => {
  const missing = Object.assign(new Error("ENOENT: no such file or directory, open 'a/b'"), {
    code: 'ENOENT',
    path: 'a/b',
  });
  expect(errorLine(missing)).toBe(
    'secured-postgrest: a/b: no such file or directory; check the path and its permissions [ENOENT]',
  );
  const rejected = Object.assign(new Error('role "x" does not exist'), { code: '42704', severity: 'ERROR' });
  expect(errorLine(rejected)).toBe('secured-postgrest: the database: role "x" does not exist [42704]');
});
