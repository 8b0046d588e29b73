import fc from 'fast-check';
import { loadModule, scan } from 'libpg-query';
import { beforeAll, describe, expect, it } from 'vitest';
import { lineAt, splitSql } from '../../../postgres/sql-text.ts';
import { FUZZ_RUNS } from '../../support/fuzz.ts';
import { hostileText } from '../../support/hostile-text.ts';

beforeAll(() => loadModule());

const kinds = (sql: string) => splitSql(sql).map(({ kind, text }) => [kind, text]);

describe('splitSql', () => {
  it.each([
    [
      'a string with quotes',
      `x = 'it''s' y`,
      [
        ['code', 'x = '],
        ['string', `'it''s'`],
        ['code', ' y'],
      ],
    ],
    [
      'a backslash, which is one',
      `'\\' y`,
      [
        ['string', `'\\'`],
        ['code', ' y'],
      ],
    ],
    [
      'an escape string',
      `E'\\'' y`,
      [
        ['string', `E'\\''`],
        ['code', ' y'],
      ],
    ],
    [
      'an escape string that goes on',
      `E'a'\n '\\'' y`,
      [
        ['string', `E'a'\n '\\''`],
        ['code', ' y'],
      ],
    ],
    [
      'an escape string that goes on behind a comment',
      `E'a' -- b\n'\\'' y`,
      [
        ['string', `E'a' -- b\n'\\''`],
        ['code', ' y'],
      ],
    ],
    [
      'two strings on one line',
      `E'a' '\\' y`,
      [
        ['string', `E'a'`],
        ['code', ' '],
        ['string', `'\\'`],
        ['code', ' y'],
      ],
    ],
    [
      'dollar quotes',
      `$a$ $$ ' $a$ y`,
      [
        ['string', `$a$ $$ ' $a$`],
        ['code', ' y'],
      ],
    ],
    [
      'a dollar in a name',
      `a$$b '$$'`,
      [
        ['code', 'a$$b '],
        ['string', `'$$'`],
      ],
    ],
    [
      'a quoted name',
      `"a""b'" y`,
      [
        ['identifier', `"a""b'"`],
        ['code', ' y'],
      ],
    ],
    [
      'a comment to the end of its line',
      `-- ' \ny`,
      [
        ['comment', `-- ' `],
        ['code', '\ny'],
      ],
    ],
    [
      'a comment that a carriage return ends',
      `-- ' \ry`,
      [
        ['comment', `-- ' `],
        ['code', '\ry'],
      ],
    ],
    [
      'nested comments',
      `/* /* */ ' */ y`,
      [
        ['comment', `/* /* */ ' */`],
        ['code', ' y'],
      ],
    ],
    [
      'what is not closed',
      `x 'y`,
      [
        ['code', 'x '],
        ['unterminated', `'y`],
      ],
    ],
  ])('sees %s', (_, sql, parts) => {
    expect(kinds(sql)).toEqual(parts);
  });

  it('takes long strings', () => {
    const text = `'${`it''s \\ long `.repeat(500_000)}'`;
    expect(kinds(text)).toEqual([['string', text]]);
    expect(kinds(`E${text}`)).toEqual([['string', `E${text}`]]);
  });

  it('sees brackets and semicolons where Postgres sees them', async () => {
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(hostileText, async (sql) => {
        const parts = splitSql(sql);
        expect(parts.map(({ text }) => text).join('')).toBe(sql);
        const tokens = await scan(sql).then(
          (result) => result.tokens,
          () => undefined,
        );
        if (parts.some(({ kind }) => kind === 'unterminated')) {
          expect(tokens).toBeUndefined();
          return;
        }
        // What Postgres refuses to read cannot be compared.
        if (!tokens) return;
        compared++;
        const bytes = Buffer.from(sql);
        const seen = tokens
          .filter(({ text }) => /^[;()[\]]$/.test(text))
          .map(({ start, text }) => `${bytes.subarray(0, start).toString().length}${text}`);
        const ours = parts
          .filter(({ kind }) => kind === 'code')
          .flatMap(({ text, offset }) => [...text.matchAll(/[;()[\]]/g)].map((m) => `${offset + m.index}${m[0]}`));
        expect(ours).toEqual(seen);
      }),
      { numRuns: FUZZ_RUNS * 3 },
    );
    expect(compared).toBeGreaterThan(FUZZ_RUNS);
  });
});

describe('lineAt', () => {
  it('counts from one', () => {
    expect([lineAt('a\nb', 0), lineAt('a\nb', 1), lineAt('a\nb', 2)]).toEqual([1, 1, 2]);
  });
});
