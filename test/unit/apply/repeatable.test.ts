import { describe, expect, it } from 'vitest';
import { isRepeatable } from '../../../apply/repeatable/is-repeatable.ts';
import { custom, declare, publicRows, type PolicyInput } from '../../../declaration/index.ts';
import { notesInput } from '../../support/notes.ts';

const withMigration = (sql: string) => declare(notesInput('again', { migrations: [{ file: '001.sql', sql }] }));

function withPolicy(policy: PolicyInput) {
  const grants = [{ to: 'again_user', select: true } as const];
  return declare(notesInput('again', { migrations: [], tables: [{ name: 'notes', grants, policies: [policy] }] }));
}

const OWN_FUNCTION = 'CREATE FUNCTION api.f() RETURNS int STABLE LANGUAGE sql RETURN 1';

describe('a declaration makes the same objects whenever it is applied', () => {
  it.each([
    ['a table', 'CREATE TABLE api.t (id serial PRIMARY KEY, made timestamptz NOT NULL DEFAULT now())'],
    ['a default of a word', `CREATE TABLE api.t (said text DEFAULT 'known')`],
    ['a change of a table', 'ALTER TABLE api.t ADD made timestamptz DEFAULT now(), ADD CHECK (made > now())'],
    ['an index of a condition', `CREATE INDEX ON api.t ((lower(said))) WHERE said <> ''`],
    [
      'a partition of given months',
      `CREATE TABLE api.p PARTITION OF api.t FOR VALUES FROM ('2026-01-01') TO (MAXVALUE)`,
    ],
    ['a partition of typed values', `CREATE TABLE api.p PARTITION OF api.t FOR VALUES IN (date '2026-01-01', NULL)`],
    [
      'an attached partition',
      `ALTER TABLE api.t ATTACH PARTITION api.p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')`,
    ],
    [
      'a function that reads the clock',
      `CREATE FUNCTION api.f() RETURNS date LANGUAGE sql AS $$SELECT 'today'::date$$`,
    ],
    ['a view of the present', 'CREATE VIEW api.v AS SELECT now(), CURRENT_DATE AS day'],
    ['a schema with a table', 'CREATE SCHEMA inside CREATE TABLE t (id int)'],
    ['comments of SQL', '-- not now, perhaps tomorrow\nCREATE TABLE api.t (id int) /* today */'],
    ['a domain of texts', `CREATE DOMAIN api.code AS text CHECK (length(VALUE) < 9 AND VALUE ~ '^[a-z]+$')`],
    ['a word that contains one', `CREATE TABLE api.t (said text DEFAULT 'nowhere, todays, unknown')`],
    ['a default that calls a function of its own', `${OWN_FUNCTION}; CREATE TABLE api.t (id int DEFAULT api.f())`],
    ['a changed default', `${OWN_FUNCTION}; ALTER TABLE api.t ALTER id SET DEFAULT api.f()`],
    ['a view that calls one', `${OWN_FUNCTION}; CREATE VIEW api.v AS SELECT api.f()`],
    [
      'a time of the present',
      'CREATE TABLE api.t (at timestamptz DEFAULT CURRENT_TIMESTAMP, day date DEFAULT CURRENT_DATE)',
    ],
    ['a column with the name of a function', 'ALTER TABLE api.t RENAME COLUMN pos TO position'],
    ['an aggregate', 'CREATE AGGREGATE api.total (int) (sfunc = int4pl, stype = int)'],
    ['usual literals', 'SET standard_conforming_strings = on; CREATE TABLE api.t (id int)'],
    ['what dumps begin with', `SET timezone = 'UTC'; SELECT pg_catalog.set_config('search_path', '', false)`],
    ['nothing', '-- nothing'],
  ])('with %s', async (_, sql) => {
    expect(await isRepeatable(withMigration(sql))).toBe(true);
  });

  it('with policies that read the clock', async () => {
    const using = { file: 'sql/policy.sql', sql: `created_at < now() AND state = :'state'` };
    const policy = custom({ for: 'select', to: 'again_user', using, values: { state: 'known' } });
    expect(await isRepeatable(withPolicy(policy))).toBe(true);
  });
});

describe('it may make others', () => {
  it.each([
    ['rows', `INSERT INTO api.t VALUES (1)`],
    ['copied rows', 'COPY api.t (id) FROM stdin;\n1\n\\.\n'],
    ['code', `DO $$BEGIN EXECUTE format('CREATE TABLE api.t_%s ()', to_char(now(), 'YYYYMM')); END$$`],
    ['a call', 'CALL api.p()'],
    ['a query', 'SELECT api.make_partitions()'],
    ['a setting of the present', `SELECT pg_catalog.set_config('app.day', now()::text, false)`],
    ['two calls', `SELECT pg_catalog.set_config('a.b', '', false), pg_catalog.random()`],
    ['a table from a query', 'CREATE TABLE api.t AS SELECT now()'],
    ['a materialized view', 'CREATE MATERIALIZED VIEW api.m AS SELECT now()'],
    ['a default of the present', `CREATE TABLE api.t (made timestamptz DEFAULT 'now')`],
    ['a typed value of the present', `CREATE VIEW api.v AS SELECT TIMESTAMP WITH TIME ZONE ' Tomorrow 10:00' AS time`],
    ['an escaped value', `CREATE VIEW api.v AS SELECT (U&'!006eow' UESCAPE '!')::date AS day`],
    ['a value in two parts', `CREATE VIEW api.v AS SELECT date 'to'\n'day' AS day`],
    [
      'a partition of the present',
      'CREATE TABLE api.p PARTITION OF api.t FOR VALUES FROM (CURRENT_DATE) TO (MAXVALUE)',
    ],
    ['a partition of a call', 'ALTER TABLE api.t ATTACH PARTITION api.p FOR VALUES FROM (now()) TO (MAXVALUE)'],
    ['a partition of an operation', 'CREATE TABLE api.p PARTITION OF api.t FOR VALUES IN (1 + 1)'],
    ['a partition in a schema', 'CREATE SCHEMA s CREATE TABLE p PARTITION OF api.t FOR VALUES IN (api.f())'],
    ['a value beside a digit', `CREATE TABLE api.t (made timestamptz DEFAULT 'today10:00')`],
    ['a value in punctuation', `ALTER TABLE api.t ALTER made SET DEFAULT '_now_'`],
    ['a value like a call', `CREATE TABLE api.t (made timestamptz DEFAULT 'now()')`],
    ['a time with the offset of a zone', `CREATE TABLE api.t (opens timetz DEFAULT '11:00')`],
    ['a domain that calls the clock', 'CREATE DOMAIN api.later AS timestamptz CHECK (VALUE > clock_timestamp())'],
    ['a domain that calls a function', 'CREATE DOMAIN api.ok AS text CHECK (api.length(VALUE))'],
    ['a domain of the present', 'ALTER DOMAIN api.d ADD CHECK (VALUE > CURRENT_DATE)'],
    ['a refresh', 'REFRESH MATERIALIZED VIEW api.m'],
    ['an escaped element', String.raw`CREATE TABLE api.t (at timestamptz[] DEFAULT '{n\ow}')`],
    ['a quoted bound', String.raw`CREATE VIEW api.v AS SELECT '["n"ow,)'::tstzrange AS time`],
    ['other literals', `SET standard_conforming_strings = off; CREATE TABLE api.t (id int)`],
    ['other literals by a call', `SELECT pg_catalog.set_config('standard_conforming_strings', 'off', false)`],
    ['the time of the present', `CREATE VIEW api.v AS SELECT CURRENT_TIME > '09:00' AS is_open`],
    ['times with the offset of a zone', `CREATE TABLE api.t (open timetz[])`],
    ['a range of such times', 'CREATE TYPE api.open AS RANGE (subtype = timetz)'],
    ['a function of such times', 'CREATE FUNCTION api.f(at timetz) RETURNS bool RETURN true'],
    ['a call that makes one', `CREATE VIEW api.v AS SELECT timetz('10:00')`],
    ['an array of such times', `CREATE VIEW api.v AS SELECT '{10:00}'::_timetz AS times`],
    ['a default of an added column', `${OWN_FUNCTION}; ALTER TABLE api.t ADD f int DEFAULT api.f()`],
    ['an index that calls its function', `${OWN_FUNCTION}; CREATE INDEX ON api.t ((id + f()))`],
    ['a check that calls it', `${OWN_FUNCTION}; CREATE TABLE api.t (id int CHECK (id > api.f()))`],
    ['a check that calls it, added', `${OWN_FUNCTION}; ALTER TABLE api.t ADD CHECK (id > api.f())`],
    [
      'a generated column that calls it',
      `${OWN_FUNCTION}; CREATE TABLE api.t (g int GENERATED ALWAYS AS (api.f()) STORED)`,
    ],
    [
      'a default that calls it by another name',
      `${OWN_FUNCTION}; ALTER FUNCTION api.f RENAME TO g; ALTER TABLE api.t ADD g int DEFAULT api.g()`,
    ],
    ['other literals in capitals', `SET "Standard_Conforming_Strings" = off; CREATE TABLE api.t (id int)`],
    [
      'other literals by a call in capitals',
      `SELECT pg_catalog.set_config('STANDARD_CONFORMING_STRINGS', 'off', false)`,
    ],
    ['a call as an attribute', `${OWN_FUNCTION}; ALTER TABLE api.t ADD g int DEFAULT (ROW(1)::api.k).f`],
    ['a check in a schema', `${OWN_FUNCTION}; CREATE SCHEMA s CREATE TABLE t (id int CHECK (id > api.f()))`],
    ['a cast', 'CREATE CAST (text AS api.kind) WITH FUNCTION api.kind(text)'],
    ['an operator', 'CREATE OPERATOR api.=~~ (leftarg = text, rightarg = text, function = api.f)'],
    ['a function in place of one of texts', 'CREATE FUNCTION api.length(api.k) RETURNS int RETURN 1'],
    ['a range with a function', 'CREATE TYPE api.r AS RANGE (subtype = int, canonical = api.f)'],
    ["a rule on the package's table", 'CREATE RULE r AS ON INSERT TO again_private.migrations DO NOTHING'],
    ['a table beside it', 'CREATE TABLE again_private.log (at timestamptz)'],
    ['the path to it', `SET search_path = 'again_private'; CREATE TABLE log (at timestamptz)`],
  ])('with %s', async (_, sql) => {
    expect(await isRepeatable(withMigration(sql))).toBe(false);
  });

  it.each([
    `created_at < 'now'`,
    `created_at < timestamptz '  today'`,
    `created_at < $$10:00 yesterday$$`,
    `created_at >= 'now()'::timestamptz`,
    `body <> '''' AND created_at < 'today ('`,
    String.raw`created_at < E'\x6eow'`,
    `created_at < U&'!006eow' UESCAPE '!'`,
    `opens < timetz '11:00'`,
    `opens < CAST('11:00' AS time with time zone)`,
    `opens < CURRENT_TIME`,
    String.raw`made_at = ANY ('{n\ow}'::timestamptz[])`,
  ])('with a policy %s', async (sql) => {
    const policy = custom({ for: 'select', to: 'again_user', using: { file: 'sql/policy.sql', sql } });
    expect(await isRepeatable(withPolicy(policy))).toBe(false);
  });

  it.each(['today', '10:00 today', '(now)', '_tomorrow'])('with the value %s of a policy', async (value) => {
    const policy = publicRows({ to: 'again_user', where: { made_on: value } });
    expect(await isRepeatable(withPolicy(policy))).toBe(false);
  });
});
