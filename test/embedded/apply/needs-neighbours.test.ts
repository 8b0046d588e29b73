import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allRows, declare, publicRows } from '../../../declaration/index.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';

const to = 'near_user';
const changer = 'near_changer';
const everything = { select: true, insert: true, update: true, delete: true } as const;
const table = (name: string) => ({ name, grants: [{ to, ...everything }], policies: [allRows({ to })] });

/** Objects that a statement runs, each behind another kind of object than a default or a check of its own table. */
const declaration = declare({
  name: 'near',
  schemas: ['api'],
  internalSchemas: ['inside'],
  roles: { users: [to, changer] },
  migrations: [
    {
      file: '1.sql',
      sql: `CREATE FUNCTION inside.is_short(t text) RETURNS boolean IMMUTABLE LANGUAGE sql RETURN length(t) < 10;
        CREATE DOMAIN short AS text CHECK (inside.is_short(VALUE));
        CREATE DOMAIN shorts AS short[] CHECK (cardinality(VALUE) < 3);
        CREATE TABLE of_arrays (id int PRIMARY KEY, notes short[], lists shorts);
        CREATE TYPE pair AS (label short, n int);
        CREATE TABLE of_composites (id int PRIMARY KEY, pair pair);

        CREATE FUNCTION inside.kept(n int) RETURNS boolean IMMUTABLE LANGUAGE sql RETURN n > 0;
        CREATE TABLE partly_indexed (id int PRIMARY KEY, n int);
        CREATE UNIQUE INDEX ON partly_indexed (n) WHERE inside.kept(n);

        CREATE FUNCTION inside.same(a int, b int) RETURNS boolean IMMUTABLE LANGUAGE sql RETURN a = b;
        CREATE OPERATOR inside.=== (LEFTARG = int, RIGHTARG = int, FUNCTION = inside.same);
        CREATE TABLE with_operator (id int PRIMARY KEY, a int, b int, CHECK (a OPERATOR(inside.===) b));

        CREATE FUNCTION inside.distance(a float8, b float8) RETURNS float8 IMMUTABLE LANGUAGE sql RETURN a - b;
        CREATE TYPE span AS RANGE (subtype = float8, subtype_diff = inside.distance);
        CREATE TABLE with_ranges (id int PRIMARY KEY, span span);
        CREATE INDEX ON with_ranges USING gist (span);

        CREATE SEQUENCE inside.numbers;
        CREATE TABLE behind_view (id bigint PRIMARY KEY DEFAULT nextval('inside.numbers'), note short);
        CREATE VIEW through_view AS SELECT id, note FROM behind_view;
        CREATE FUNCTION inside.add_by_view() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          NEW.id := nextval('inside.numbers'); INSERT INTO api.behind_view VALUES (NEW.*); RETURN NEW; END $$;
        CREATE VIEW by_trigger AS SELECT id, note FROM behind_view WHERE id > 0 LIMIT 100;
        CREATE TRIGGER add INSTEAD OF INSERT ON by_trigger FOR EACH ROW EXECUTE FUNCTION inside.add_by_view();

        CREATE FUNCTION inside.stamp() RETURNS text LANGUAGE sql RETURN 'stamped';
        CREATE TABLE half_granted (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, note text, stamp text DEFAULT inside.stamp());

        CREATE FUNCTION inside.may_change(n int) RETURNS boolean LANGUAGE sql RETURN n < 100;
        CREATE FUNCTION inside.counted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.version := nextval('inside.numbers'); RETURN NEW; END $$;
        CREATE TABLE changed (id int PRIMARY KEY, n int CHECK (inside.may_change(n)), version bigint);
        INSERT INTO changed VALUES (1, 1, 0);
        CREATE TRIGGER count BEFORE UPDATE ON changed FOR EACH ROW EXECUTE FUNCTION inside.counted();

        CREATE FUNCTION inside.add(state int, n int) RETURNS int IMMUTABLE LANGUAGE sql RETURN state + n;
        CREATE AGGREGATE inside.total(int) (SFUNC = inside.add, STYPE = int, INITCOND = '0');
        CREATE VIEW totals AS SELECT inside.total(n) AS total FROM changed;

        CREATE DOMAIN number AS bigint DEFAULT nextval('inside.numbers');
        CREATE DOMAIN number_again AS number;
        CREATE TABLE of_numbers (id number PRIMARY KEY, other number_again, note text);
        CREATE FUNCTION inside.numbered() RETURNS text LANGUAGE sql AS $$ SELECT $n$no. $n$ || nextval($n$inside.numbers$n$) $$;
        CREATE TABLE of_texts (id int PRIMARY KEY, note text, number text DEFAULT inside.numbered());
        CREATE TABLE renumbered (id int PRIMARY KEY, n bigint DEFAULT nextval('inside.numbers'));
        INSERT INTO renumbered VALUES (1, 0);
        CREATE FUNCTION next_code() RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp RETURN 7;
        CREATE TABLE guarded (id int PRIMARY KEY, code bigint DEFAULT next_code());
        INSERT INTO guarded VALUES (1, 0);
        CREATE TABLE people (id int PRIMARY KEY, first text, last text);
        INSERT INTO people VALUES (1, 'Ada', 'Lovelace');
        CREATE FUNCTION inside.joined(a text, b text) RETURNS text IMMUTABLE LANGUAGE sql RETURN a || ' ' || b;
        CREATE FUNCTION full_name(people) RETURNS text STABLE LANGUAGE sql AS 'SELECT inside.joined($1.first, $1.last)';`,
    },
  ],
  tables: [
    ...[
      'of_arrays',
      'of_composites',
      'partly_indexed',
      'with_operator',
      'with_ranges',
      'behind_view',
      'of_numbers',
      'of_texts',
    ].map(table),
    ...[
      ['renumbered', 'n'],
      ['guarded', 'code'],
    ].map(([name = '', column = '']) => ({
      name,
      grants: [{ to, select: true as const, update: [column] }],
      policies: [allRows({ to, for: ['select', 'update'] as const })],
    })),
    {
      name: 'half_granted',
      grants: [{ to, select: true, insert: ['note'] }],
      policies: [allRows({ to })],
    },
    {
      name: 'changed',
      grants: [
        { to: changer, select: true, update: ['n'] },
        { to, select: true },
      ],
      policies: [allRows({ to: changer, for: ['select', 'update'] }), publicRows({ to, where: { n: 1 } })],
    },
    { name: 'people', grants: [{ to, select: true }], policies: [allRows({ to })] },
  ],
  views: [
    { name: 'through_view', grants: [{ to, select: true, insert: ['note'] }] },
    { name: 'by_trigger', grants: [{ to, select: true, insert: true }] },
    { name: 'totals', grants: [{ to, select: true }] },
  ],
  functions: [
    { name: 'full_name', execute: to },
    { name: 'next_code', execute: changer, securityDefiner: true },
  ],
});

let api: EphemeralPostgrest;
beforeAll(async () => {
  api = await startEphemeralPostgrest(declaration);
});
afterAll(() => api?.stop());

async function send(role: string, method: string, path: string, body?: object) {
  const member = await api.as(role, {});
  const response = await member.fetch(path, {
    method,
    headers: { 'Content-Type': 'application/json', Prefer: 'return=representation' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

describe('an update to the default of a column', () => {
  const setToDefault = async (table: string, column: string) => {
    const member = await api.as(to, {});
    const response = await member.fetch(`/${table}?id=eq.1&columns=${column}`, {
      method: 'PATCH',
      headers: { 'Content-Type': 'application/json', Prefer: 'missing=default, return=representation' },
      body: '{}',
    });
    return { status: response.status, body: await response.json() };
  };

  it('brings the sequence in it', async () => {
    expect(await setToDefault('renumbered', 'n')).toEqual({
      status: 200,
      body: [{ id: 1, n: expect.any(Number) as number }],
    });
    expect(await api.sql('SELECT FROM api.renumbered WHERE n > 0')).toHaveLength(1);
  });

  it("brings no function with its owner's rights that is declared for other roles", async () => {
    expect(await setToDefault('guarded', 'code')).toMatchObject({ status: 403 });
    expect(await api.sql('SELECT FROM api.guarded WHERE code <> 0')).toEqual([]);
  });
});

describe('an insert brings', () => {
  it.each([
    ["the check of an array's element type", '/of_arrays', { id: 1, notes: ['a'], lists: ['b', 'c'] }],
    ["the check of a composite type's column", '/of_composites', { id: 1, pair: { label: 'a', n: 1 } }],
    ['the predicate of an index', '/partly_indexed', { id: 1, n: 5 }],
    ["an operator's function", '/with_operator', { id: 1, a: 2, b: 2 }],
    ["the difference of a range's values", '/with_ranges', { id: 1, span: '[1,2)' }],
  ])('%s', async (_, path, row) => {
    expect(await send(to, 'POST', path, row)).toEqual({ status: 201, body: [row] });
  });

  it.each([
    ['through a view, the defaults and domains of its table', '/through_view', { note: 'a' }],
    ['what a trigger does instead of it', '/by_trigger', { note: 'b' }],
  ])('%s', async (_, path, row) => {
    expect(await send(to, 'POST', path, row)).toEqual({
      status: 201,
      body: [{ ...row, id: expect.any(Number) as number }],
    });
  });

  it('the sequence in the default of a domain, and of a domain over that domain', async () => {
    const numbers = { id: expect.any(Number) as number, other: expect.any(Number) as number };
    expect(await send(to, 'POST', '/of_numbers', { note: 'a' })).toEqual({
      status: 201,
      body: [{ ...numbers, note: 'a' }],
    });
  });

  it('the sequence that a function names in dollar quotes', async () => {
    expect(await send(to, 'POST', '/of_texts', { id: 1, note: 'a' })).toEqual({
      status: 201,
      body: [{ id: 1, note: 'a', number: expect.stringMatching(/^no\. \d+$/) as string }],
    });
  });

  it('the defaults of columns that it may not name', async () => {
    expect(await send(to, 'POST', '/half_granted', { note: 'a' })).toEqual({
      status: 201,
      body: [{ id: 1, note: 'a', stamp: 'stamped' }],
    });
  });
});

it('a check still rejects', async () => {
  const long = 'longer than ten';
  for (const [path, row] of [
    ['/of_arrays', { id: 2, notes: [long] }],
    ['/of_composites', { id: 2, pair: { label: long, n: 1 } }],
    ['/with_operator', { id: 2, a: 1, b: 2 }],
  ] as const) {
    expect(await send(to, 'POST', path, row), path).toMatchObject({ status: 400, body: { code: '23514' } });
  }
});

it('an update brings checks and triggers, with what their bodies draw from', async () => {
  expect(await send(changer, 'PATCH', '/changed?id=eq.1', { n: 1 })).toEqual({
    status: 200,
    body: [{ id: 1, n: 1, version: expect.any(Number) as number }],
  });
});

it("a select brings a view's aggregate, and a column by a function brings what its body calls", async () => {
  expect(await send(to, 'GET', '/totals')).toEqual({ status: 200, body: [{ total: 1 }] });
  expect(await send(to, 'GET', '/people?select=full_name')).toEqual({
    status: 200,
    body: [{ full_name: 'Ada Lovelace' }],
  });
});

it('each role has what its own commands need, and no more', async () => {
  const may = async (role: string, object: string) => {
    const [row] = await api.sql<{ may: boolean }>(
      object.endsWith(')')
        ? `SELECT has_function_privilege('${role}', '${object}', 'EXECUTE') AS may`
        : `SELECT has_sequence_privilege('${role}', '${object}', 'USAGE') AS may`,
    );
    return row!.may;
  };
  expect(await may(changer, 'inside.may_change(int)')).toBe(true);
  expect(await may(changer, 'inside.numbers')).toBe(true);
  for (const object of ['inside.is_short(text)', 'inside.stamp()', 'inside.joined(text,text)', 'inside.add(int,int)']) {
    expect(await may(changer, object), object).toBe(false);
    expect(await may(to, object), object).toBe(true);
  }
  expect(await may(to, 'inside.may_change(int)')).toBe(false);
});
