import { describe, expect, it } from 'vitest';
import { callsOf, mentionTimeout } from '../../../apply/migration-calls.ts';
import { parseSql } from '../../../postgres/parse-sql.ts';

/** Statements of a migration, and the calls that they run in. */
const split = async (sql: string) => {
  const source = { file: '1.sql', sql };
  const statements = await parseSql(source);
  return { statements, calls: callsOf(statements, { isTimed: mentionTimeout([source]) }) };
};

const TABLE = 'CREATE TABLE t (id int PRIMARY KEY, body text CHECK (length(body) < 9));';

describe('definitions share a call', () => {
  it.each([
    `${TABLE} CREATE INDEX ON t (body); COMMENT ON TABLE t IS 'x'; GRANT SELECT ON t TO PUBLIC;`,
    `CREATE TYPE mood AS ENUM ('good'); CREATE DOMAIN short AS text CHECK (length(VALUE) < 9); CREATE SEQUENCE s; ${TABLE}`,
    `CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1'; CREATE VIEW v AS SELECT one();`,
    TABLE.repeat(100),
  ])('%s', async (sql) => {
    expect((await split(sql)).calls).toHaveLength(1);
  });
});

describe('each has a call of its own:', () => {
  it.each([
    [
      'rows, settings and blocks',
      `INSERT INTO t VALUES (1); SET search_path = api; DO 'BEGIN END'; PREPARE p AS SELECT 1`,
    ],
    ['what may run code of the user', `ALTER TABLE t ADD a int DEFAULT f(); ALTER TABLE t ADD b int DEFAULT f()`],
    [
      'indexes of expressions',
      'CREATE INDEX ON t (f(a)); CREATE INDEX ON t ((f(a))); CREATE INDEX ON t (a) WHERE f(a)',
    ],
    ['partitions', 'CREATE TABLE a PARTITION OF t FOR VALUES IN (f()); CREATE TABLE b PARTITION OF t DEFAULT'],
    ['literals that a setting decides', String.raw`COMMENT ON TABLE t IS 'C:\'; COMMENT ON TABLE t IS 'D:\'`],
    [
      'grants on many tables',
      'GRANT SELECT ON ALL TABLES IN SCHEMA a TO b; REVOKE ALL ON ALL TABLES IN SCHEMA a FROM b',
    ],
    ['statements with a time limit', `${TABLE} ${TABLE} SET statement_timeout = 9`],
    ['long ones', `COMMENT ON TABLE t IS '${'x'.repeat(15_000)}'; COMMENT ON TABLE t IS '${'y'.repeat(15_000)}'`],
  ])('%s', async (_, sql) => {
    const { statements, calls } = await split(sql);
    expect(calls).toHaveLength(statements.length);
  });
});

it('dumps, which turn the time limit off, share calls', async () => {
  expect((await split(`SET statement_timeout = 0; ${TABLE} ${TABLE}`)).calls).toHaveLength(2);
});

it('the function that confines is defined in a call of its own', async () => {
  const define = `CREATE OR REPLACE FUNCTION p.run_migration(text) RETURNS void LANGUAGE sql AS 'SELECT';`;
  expect((await split(`${define} ${TABLE} ${define}`)).calls).toHaveLength(3);
});

it('a time limit in one migration counts for all', () => {
  expect(
    mentionTimeout([
      { file: '1.sql', sql: `SELECT 1` },
      { file: '2.sql', sql: `x('STATEMENT_timeout', '4')` },
    ]),
  ).toBe(true);
});

it('statements stay in their order', async () => {
  const { statements, calls } = await split(`${TABLE} SELECT 1; ${TABLE} SELECT 2 INTO later; ${TABLE}`);
  expect(calls).toHaveLength(statements.length);
  expect(calls.join('\n;\n')).toBe(
    statements
      .map(({ sql }) => sql)
      .join('\n;\n')
      .replace('INTO later', 'INTO later\n;\nSELECT'),
  );
});
