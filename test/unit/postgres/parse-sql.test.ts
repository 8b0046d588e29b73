import { describe, expect, it } from 'vitest';
import { parseSql } from '../../../postgres/parse-sql.ts';
import { rejection } from '../../support/errors.ts';

const statements = async (sql: string) => (await parseSql({ file: 'a.sql', sql })).map((one) => one.sql);

describe('a script for psql', () => {
  it('may begin with a byte order mark, and have commands that change nothing', async () => {
    const sql = `\uFEFF\\restrict abc\n\\set ON_ERROR_STOP on\n\\encoding UTF8\n\\echo it's\nSELECT 1;\n  \\unrestrict abc`;
    expect(await statements(sql)).toEqual(['SELECT 1']);
    expect(await statements('\uFEFFSELECT 1')).toEqual(['SELECT 1']);
  });

  it.each([
    ['\\connect other', '"\\connect" is a command of psql; remove it, and what belongs to another database'],
    ['\\c', '"\\c" is a command of psql; remove it'],
    ['\\ir other.sql', 'read the file with migrationsFrom'],
    ['\\i other.sql', 'read the file with migrationsFrom'],
    [`\\copy t FROM 'a.csv'`, 'write COPY … FROM stdin;'],
    ['\\set name 1', '"\\set" is a command of psql; write the value where the variable is used'],
    ['\\encoding LATIN1', 'save the file as UTF-8'],
    ['\\gexec', '"\\gexec" is a command of psql; remove it, and write SQL in its place'],
    ['\\.', '"\\." is a command of psql; remove it, or write COPY'],
    ['SELECT 2 \\gset', 'syntax error at or near "\\"; write SQL in place of the command of psql'],
  ])('with the command %s is rejected with its line', async (command, message) => {
    const error = await rejection(parseSql({ file: 'a.sql', sql: `SELECT 1;\n${command}\nSELECT 3` }));
    expect(error.code).toBe('invalid_sql');
    expect(error.message).toMatch(/^a\.sql:2: /);
    expect(error.message).toContain(message);
  });

  it.each(['', ' \n', '-- nothing', ';'])('takes a file without a statement: %j', async (sql) => {
    expect(await parseSql({ file: '001.sql', sql })).toEqual([]);
  });

  it('keeps lines in strings, comments and bodies that look like commands or data', async () => {
    const sql = `SELECT '\n\\connect x\n';\n/*\n\\c\n*/ SELECT 1;\nCREATE FUNCTION f() RETURNS text LANGUAGE sql AS $$\n\\connect x\nCOPY a FROM stdin;\n$$`;
    expect(await statements(sql)).toHaveLength(3);
  });
});

describe('a COPY with its data', () => {
  const copy = (data: string, options = '') => `COPY api.t (a, "B") FROM stdin${options};\n${data}\\.\n`;

  it('becomes an INSERT with the values of each row', async () => {
    expect(await statements(`${copy(`1\tit's \\ttab\\\\\n2\t\\N\n3\t\\303\\274 \\x41\n\t\n`)}\nSELECT 1;`)).toEqual([
      `INSERT INTO "api"."t" ("a", "B") OVERRIDING SYSTEM VALUE VALUES\n('1', E'it''s \ttab\\\\'),\n('2', NULL),\n('3', 'ü A'),\n('', '')`,
      'SELECT 1',
    ]);
  });

  it.each([
    ['of Windows', '1\tx\r\n2\t\\r\r\n', '', `('1', 'x'),\n('2', '\r')`],
    ['with a line end in a value', '1\ta\\\nb\n', '', `('1', 'a\nb')`],
    ['with other marks', '1|-\n-|\\|\n', ` WITH (DELIMITER '|', NULL '-')`, `('1', NULL),\n(NULL, '|')`],
    ['as CSV', 'a,b\r\n1,"x, ""y""\nz"\r\n,""\r\n', ' WITH (FORMAT csv, HEADER)', `('1', 'x, "y"\nz'),\n(NULL, '')`],
    ['as CSV with other marks', `1;'a\\'b'\n`, ` CSV DELIMITER ';' QUOTE '''' ESCAPE '\\'`, `('1', 'a''b')`],
    ['with statements in it', `1\t); DROP TABLE x; -- $$ '\n`, '', `('1', '); DROP TABLE x; -- $$ ''')`],
  ])('reads data %s', async (_, data, options, values) => {
    expect((await statements(copy(data, options)))[0]).toBe(
      `INSERT INTO "api"."t" ("a", "B") OVERRIDING SYSTEM VALUE VALUES\n${values}`,
    );
  });

  it('of many rows becomes several, with the place of each row', async () => {
    const parsed = await parseSql({ file: 'a.sql', sql: copy('1\tx\n'.repeat(1200)) });
    expect(parsed.map(({ single }) => single?.().length)).toEqual([500, 500, 200]);
    const [first, second] = parsed[1]!.single!();
    expect(second!.offset - first!.offset).toBe(4);
    expect(second!.sql).toContain(`VALUES\n('1', 'x')`);
  });

  it('without rows is nothing', async () => {
    expect(await statements(copy(''))).toEqual([]);
  });

  it.each([
    ['COPY t FROM stdin;\n1\n', 'the data of COPY has no end'],
    ['COPY t FROM stdin', 'the data of COPY has no end'],
    [`COPY t FROM '/tmp/a'`, 'a migration can only copy from its own lines'],
    ['COPY t TO stdout', 'a migration can only copy from its own lines'],
    ['COPY t FROM stdin WHERE a > 1;\n1\n\\.', 'a migration can only copy from its own lines'],
    ['COPY t FROM stdin (FORMAT binary);\n1\n\\.', 'COPY with the format binary is not supported'],
    ['COPY t FROM stdin (FORMAT csv, FORCE_NULL (a));\n1\n\\.', 'COPY with force_null is not supported'],
    ['COPY t FROM stdin CSV;\n"1\n\\.', 'a quote in the data of COPY is not closed'],
  ])('is rejected where it cannot be read: %s', async (sql, message) => {
    const error = await rejection(parseSql({ file: 'a.sql', sql: `SELECT 1;\n${sql}` }));
    expect(error.code).toBe('invalid_sql');
    expect(error.message).toContain(`a.sql:2: ${message}`);
  });
});
