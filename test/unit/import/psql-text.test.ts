import { describe, expect, it } from 'vitest';
import { insertStatements } from '../../../import/files/copied-rows.ts';
import { readPsqlText } from '../../../import/files/psql-text.ts';

const dump = `\uFEFF\\restrict key
SET statement_timeout = 0;
COPY public."Album" ("AlbumId", "Title") FROM stdin;
1	It's
2	a\\tb\\\\c
3	\\N
\\.

SELECT '
\\echo no command
';
`;

describe('a file that is written for psql', () => {
  it('keeps its lines without rows, commands and the byte order mark', () => {
    const { sql } = readPsqlText({ file: 'dump.sql', sql: dump });
    expect(sql.split('\n').map((line) => line.trimEnd())).toEqual([
      '',
      'SET statement_timeout = 0;',
      '',
      '',
      '',
      '',
      '',
      '',
      "SELECT '",
      '\\echo no command',
      "';",
      '',
    ]);
    expect(sql).toHaveLength(dump.length);
  });

  it('holds the rows of COPY with their escapes', () => {
    const { copies } = readPsqlText({ file: 'dump.sql', sql: dump });
    expect(copies).toEqual([
      {
        offset: dump.indexOf('COPY'),
        statement: 'COPY public."Album" ("AlbumId", "Title")',
        rows: [
          ['1', "It's"],
          ['2', 'a\tb\\c'],
          ['3', null],
        ],
      },
    ]);
    expect(copies.flatMap(insertStatements)).toEqual([
      `INSERT INTO public."Album" ("AlbumId", "Title") OVERRIDING SYSTEM VALUE VALUES
('1', 'It''s'),
('2', E'a\tb\\\\c'),
('3', NULL)`,
    ]);
  });

  it('rejects a command that reads another file', () => {
    expect(() => readPsqlText({ file: 'all.sql', sql: 'SELECT 1;\n\\ir tables.sql\n' })).toThrow(
      'all.sql:2: "\\ir" is a command of psql, not SQL; write what it does as SQL, or import a dump of the database instead [invalid_sql]',
    );
  });
});
