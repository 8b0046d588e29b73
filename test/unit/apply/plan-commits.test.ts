import { describe, expect, it } from 'vitest';
import { planCommits } from '../../../apply/plan-commits.ts';
import { custom, declare } from '../../../declaration/index.ts';
import { parseSql } from '../../../postgres/parse-sql.ts';

const declared = (using: string) =>
  declare({
    name: 'app',
    schemas: ['api'],
    roles: { users: ['app_user'] },
    tables: [
      {
        name: 'items',
        grants: [{ to: 'app_user', select: true }],
        policies: [custom({ to: 'app_user', using: { file: 'own.sql', sql: using } })],
      },
    ],
  });

/** Names of the migrations by transaction. */
async function commits(texts: Readonly<Record<string, string>>, using = 'true') {
  const migrations = await Promise.all(
    Object.entries(texts).map(async ([file, sql]) => ({
      source: { file, sql },
      statements: await parseSql({ file, sql }),
      transactional: !sql.includes('CONCURRENTLY'),
    })),
  );
  const { early, last } = planCommits(declared(using), migrations);
  return [...early, last].map((group) => group.map(({ source }) => source.file).join(' '));
}

describe('transactions of migrations', () => {
  const adds = `ALTER TYPE kind ADD VALUE 'it''s (new)'`;

  it.each([
    ['one alone', { a: 'SELECT 1', b: 'SELECT 2' }, ['a b']],
    [
      'one outside of a transaction',
      { a: 'SELECT 1', b: 'SELECT 2', c: 'REINDEX TABLE CONCURRENTLY t', d: 'SELECT 3' },
      ['a b', 'c', 'd'],
    ],
    ['two in a row', { a: 'REINDEX TABLE CONCURRENTLY t', b: 'REINDEX TABLE CONCURRENTLY t' }, ['a', 'b', '']],
    ['a new value that is used', { a: 'SELECT 1', b: adds, c: 'SELECT 2', d: `SELECT 'it''s (new)'` }, ['a b', 'c d']],
    ['a new value in data', { a: `ALTER TYPE kind ADD VALUE 'b'`, b: 'COPY t FROM stdin;\n1\tb\n\\.\n' }, ['a', 'b']],
    ['a new value that is not used', { a: adds, b: `SELECT 'its new'` }, ['a b']],
    ['a part of a word', { a: `ALTER TYPE kind ADD VALUE 'b'`, b: `SELECT 'bc'` }, ['a b']],
    ['a new name of a value', { a: `ALTER TYPE kind RENAME VALUE 'a' TO 'b'`, b: `SELECT 'b'` }, ['a b']],
    ['a new value that is used before', { a: `SELECT 'b'`, b: `ALTER TYPE kind ADD VALUE 'b'` }, ['a b']],
  ])('of %s', async (_, texts, groups) => {
    expect(await commits(texts as Record<string, string>)).toEqual(groups);
  });

  it('of a new value that a policy uses', async () => {
    expect(await commits({ a: `ALTER TYPE kind ADD VALUE 'b'` }, `kind = 'b'`)).toEqual(['a', '']);
    expect(await commits({ a: `ALTER TYPE kind ADD VALUE 'b'` }, `kind = 'a'`)).toEqual(['a']);
  });
});
