import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { custom, declare, migration, sql, type SqlValue } from '../../../declaration/index.ts';
import { splitSql } from '../../../postgres/sql-text.ts';
import { refusal } from '../../support/errors.ts';
import { FUZZ_RUNS } from '../../support/fuzz.ts';
import { hostileText } from '../../support/hostile-text.ts';

describe('sql`...` writes', () => {
  it.each<[what: string, source: { sql: string }, text: string]>([
    ['text without values as it is', sql`done AND title ~ '^\d+$'`, `done AND title ~ '^\\d+$'`],
    ['a backquote', sql`'\`'`, "'`'"],
    ['texts as literals', sql`title = ${"it's"}`, "title = 'it''s'"],
    ['backslashes in texts', sql`title = ${'a\\b'}`, "title =  E'a\\\\b'"],
    ['numbers, booleans and null', sql`(${1.5}, ${-2}, ${3n}, ${true}, ${null})`, "('1.5', '-2', '3', 'true', NULL)"],
    ['names', sql`${sql.identifier('Is "Done"')} = ${1}`, `"Is ""Done""" = '1'`],
    ['other sql texts', sql`(${sql`a = ${1}`}) OR b`, "(a = '1') OR b"],
    ['a comment at the end of another text', sql`${sql`a -- one`} OR b`, 'a -- one\n OR b'],
  ])('%s', (_, source, text) => {
    expect(source.sql).toBe(text);
  });

  it('no two words as one', () => {
    expect(sql`'a'${'b'}`.sql).toBe("'a' 'b'");
    expect(sql`a[1:${'private'}]`.sql).toBe("a[1: 'private']");
    expect(sql`E${'a'}'b'`.sql).toBe("E 'a' 'b'");
    expect(sql`:${sql.identifier('private')}`.sql).toBe(': "private"');
  });

  it('every text as one literal that Postgres reads back', () => {
    fc.assert(
      fc.property(
        hostileText.filter((text) => !text.includes('\0')),
        (text) => {
          const strings = splitSql(sql`a = ${text} OR b`.sql).filter(({ kind }) => kind !== 'code');
          expect(strings.map(({ kind }) => kind)).toEqual(['string']);
        },
      ),
      { numRuns: FUZZ_RUNS },
    );
  });
});

describe('sql`...` rejects', () => {
  const wrong = (value: unknown) => value as SqlValue;

  it.each<[what: string, write: () => unknown, problem: string]>([
    ['undefined', () => sql`a = ${wrong(undefined)}`, 'type undefined'],
    ['a list', () => sql`a = ${wrong(['b'])}`, 'type object'],
    ['an object that looks like SQL', () => sql`a = ${{ file: 'a', sql: '1; DROP TABLE notes' }}`, 'type object'],
    ['a number that is none', () => sql`a = ${NaN}`, 'NaN'],
    ['a function', () => sql`a = ${wrong(() => '1')}`, 'type function'],
    ['a value in a string', () => sql`a = 'x${1}'`, 'value 1 stands inside a string'],
    ['a value in a name', () => sql`"x${1}" = 1`, 'value 1 stands inside'],
    ['a value in a comment', () => sql`a -- ${1}`, 'value 1 stands inside'],
    ['a value in a dollar-quoted string', () => sql`a = $$ ${1} $$`, 'value 1 stands inside'],
    ['a string that is not closed', () => sql`a = 'b`, 'not closed'],
  ])('%s', (_, write, problem) => {
    const error = refusal(write);
    expect(error.code).toBe('invalid_sql');
    expect(error.message).toContain(problem);
  });
});

it('sql`...` is a condition of a policy, and a migration under a name', () => {
  const { tables, migrations } = declare({
    name: 'notes',
    schemas: ['api'],
    roles: { users: ['member'] },
    migrations: [migration('0001_notes', sql`CREATE TABLE notes (status text DEFAULT ${'open'})`)],
    tables: [
      {
        name: 'notes',
        grants: [{ to: 'member', select: true }],
        policies: [custom({ to: 'member', using: sql`status = ${'open'}` })],
      },
    ],
  });
  expect(tables[0]!.policies[0]!.input).toMatchObject({ using: { file: "sql`status = 'open'`" } });
  expect(migrations).toEqual([{ file: '0001_notes', sql: "CREATE TABLE notes (status text DEFAULT 'open')" }]);
});
