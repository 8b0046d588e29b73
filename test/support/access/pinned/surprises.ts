/** A leak that a model of SQL overlooks which takes Postgres for simpler than it is. */
export interface Surprise {
  readonly words: string;
  /** Columns of the table, and SQL before it. */
  readonly columns: string;
  readonly before?: string;
  readonly using: string;
  /** What the rows that are shown are said to be like. */
  readonly only: string;
  /** SQL that makes a row which is shown, and is not like that. */
  readonly row: string;
  readonly claims?: Readonly<Record<string, unknown>>;
}

export const SURPRISES: readonly Surprise[] = [
  {
    words: 'an unknown value is no member of an empty array',
    columns: 'a text[]',
    using: "NOT (private.claim('name') = ANY (a))",
    only: "private.claim('name') IS NOT NULL",
    row: "'{}'",
  },
  {
    words: 'an array may have a member that is null',
    columns: 'a text[]',
    using: "('x' = ANY (a)) IS NULL",
    only: 'a IS NULL',
    row: "'{NULL}'",
  },
  {
    words: 'an array contains no null, which is not unknown',
    columns: 'a text[], b text',
    using: '(a @> ARRAY[b]) IS FALSE',
    only: 'b IS NOT NULL',
    row: "'{x}', NULL",
  },
  {
    words: 'every array contains an empty one',
    columns: 'a text[], b text',
    using: "a @> '{}'::text[]",
    only: 'b = ANY (a)',
    row: "'{x}', 'y'",
  },
  {
    words: 'an array that overlaps with a list does not contain it',
    columns: 'a int[], b int',
    using: 'a && ARRAY[b, 2]',
    only: 'a @> ARRAY[b, 2]',
    row: "'{2}', 1",
  },
  {
    words: 'infinity plus one is no more than infinity',
    columns: 'a numeric',
    using: 'true',
    only: 'a + 1 > a',
    row: "'Infinity'",
  },
  {
    words: 'NaN minus itself is not zero',
    columns: 'a numeric',
    using: 'a IS NOT NULL',
    only: 'a - a = 0',
    row: "'NaN'",
  },
  {
    words: 'a double that is rounded equals two numbers',
    columns: 'a numeric, b numeric, c float8',
    using: 'a = c AND b = c',
    only: 'a = b',
    row: '0.1, 0.1000000000000000000001, 0.1',
  },
  {
    words: 'numbers that are equal have different texts',
    columns: 'a numeric, b numeric',
    using: 'a = b',
    only: 'a::text = b::text',
    row: '1.0, 1.00',
  },
  {
    words: 'half a number lies between two whole ones',
    columns: 'a int',
    using: 'a / 2.0 > 2',
    only: 'a / 2.0 >= 3',
    row: '5',
  },
  {
    words: 'an average lies between two whole numbers',
    columns: 'a int',
    using: 'true',
    only: '(SELECT q.m <= 2 OR q.m >= 3 FROM (SELECT avg(v) AS m FROM (VALUES (a), (a + 1)) AS x(v)) AS q)',
    row: '2',
  },
  {
    words: 'a cast to a length cuts a text',
    columns: 'a text',
    using: "a::varchar(1) = 'x'",
    only: "a = 'x'",
    row: "'xyz'",
  },
  {
    words: 'a cast to a scale rounds',
    columns: 'a numeric',
    using: 'a::numeric(4, 0) = 1',
    only: 'a = 1',
    row: '1.2',
  },
  {
    words: 'a collation finds texts equal that are not the same',
    before: "CREATE COLLATION api.any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)",
    columns: 'a text',
    using: "a COLLATE api.any_case = 'x'",
    only: "a = 'x'",
    row: "'X'",
  },
  {
    words: 'a uuid has several texts',
    columns: 'a uuid',
    using: "a = '00000000-0000-4000-8000-000000000001'::uuid",
    only: "a = api.as_uuid('00000000-0000-4000-8000-000000000002')",
    before: 'CREATE FUNCTION api.as_uuid(text) RETURNS uuid LANGUAGE sql AS $$ SELECT $1::uuid $$',
    row: "'{00000000000040008000000000000001}'",
  },
  {
    words: 'a date reads past the zone',
    columns: 'a date',
    before: "CREATE FUNCTION api.day() RETURNS date LANGUAGE sql AS $$ SELECT '2024-01-01 23:00:00-05'::date $$",
    using: 'a = api.day()',
    only: "a = '2024-01-02'::date",
    row: "'2024-01-01'",
  },
  {
    words: 'a time has microseconds',
    columns: 'a timestamptz',
    using: "a = '2024-01-01 00:00:00.0001+00'::timestamptz",
    only: "a = '2024-01-01 00:00:00.0002+00'::timestamptz",
    row: "'2024-01-01 00:00:00.0001+00'",
  },
  {
    words: 'a member of a list is null',
    columns: 'a text',
    using: "EXISTS (SELECT 1 FROM private.claim_list('names') AS v WHERE v IS NULL)",
    only: 'false',
    row: "'x'",
    claims: { names: [null] },
  },
  {
    words: 'members of a list as JSON have other texts',
    columns: 'a text',
    using:
      "a IN (SELECT v::text FROM json_array_elements(current_setting('request.jwt.claims')::json -> 'names') AS v)",
    only: "a IN (SELECT private.claim_list('names'))",
    row: `'"x"'`,
    claims: { names: ['x'] },
  },
  {
    words: 'a strict function is not run for a null',
    columns: 'a int',
    before: 'CREATE FUNCTION api.is_null(int) RETURNS bool LANGUAGE sql STRICT AS $$ SELECT $1 IS NULL $$',
    using: 'true',
    only: 'api.is_null(a) IS NOT NULL',
    row: 'NULL',
  },
  {
    words: 'arguments have names',
    columns: 'a int, b int',
    before: 'CREATE FUNCTION api.less(x int, y int) RETURNS bool LANGUAGE sql AS $$ SELECT x < y $$',
    using: 'api.less(y => a, x => b)',
    only: 'a < b',
    row: '2, 1',
  },
  {
    words: 'an aggregate filters rows',
    columns: 'a int',
    using: '(SELECT count(*) FILTER (WHERE v > 5) FROM (VALUES (1), (2)) AS x(v)) = 0',
    only: 'false',
    row: '1',
  },
  {
    words: 'a group has several rows',
    columns: 'a int',
    using: 'EXISTS (SELECT 1 FROM (SELECT count(*) AS n FROM (VALUES (1), (1)) AS x(v) GROUP BY v) AS q WHERE q.n = 2)',
    only: 'false',
    row: '1',
  },
  {
    words: 'HAVING without groups has a row where there is none',
    columns: 'a int',
    using: 'EXISTS (SELECT 1 FROM api.t2 WHERE false HAVING count(*) = 0)',
    before: 'CREATE TABLE api.t2 (x int); GRANT SELECT ON api.t2 TO member',
    only: 'false',
    row: '1',
  },
  {
    words: 'columns of a common table expression are renamed',
    columns: 'a int, k int',
    using: 'EXISTS (WITH c(k) AS (SELECT 7) SELECT 1 FROM c WHERE k = 7)',
    only: 'k = 7',
    row: '1, 1',
  },
  {
    words: 'columns of a function have the names of its result',
    columns: 'a int, k int',
    before: 'CREATE FUNCTION api.sevens() RETURNS TABLE (k int) LANGUAGE sql AS $$ SELECT 7 $$',
    using: 'EXISTS (SELECT 1 FROM api.sevens() AS s WHERE s.k = 7 AND k = 7)',
    only: 'k = 7',
    row: '1, 1',
  },
  {
    words: 'the setting "role" stays that of the request',
    columns: 'a int',
    before: `CREATE FUNCTION api.who() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$ SELECT current_setting('role') $$`,
    using: "api.who() = 'member'",
    only: 'false',
    row: '1',
  },
  {
    words: 'a table is found by the search path of its function',
    columns: 'a int',
    before: `CREATE TABLE api.known (x int CHECK (x = 1)); CREATE TABLE private.known (x int);
      INSERT INTO private.known VALUES (2); INSERT INTO api.known VALUES (1); GRANT SELECT ON private.known, api.known TO member;
      CREATE FUNCTION api.knows(int) RETURNS bool LANGUAGE sql SET search_path = private AS
        $$ SELECT EXISTS (SELECT 1 FROM known WHERE x = $1) $$`,
    using: 'api.knows(a)',
    only: 'a = 1',
    row: '2',
  },
  {
    words: 'a function of a schema hides one of Postgres',
    columns: 'a text',
    before: `CREATE FUNCTION private.current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT '{"name": "x"}' $$;
      CREATE FUNCTION api.named() RETURNS text LANGUAGE sql SET search_path = private, pg_catalog AS
        $$ SELECT current_setting('request.jwt.claims')::json ->> 'name' $$`,
    using: 'a = api.named()',
    only: "a = private.claim('name')",
    row: "'x'",
    claims: { name: 'y' },
  },
  {
    words: 'an operator of a schema is another one',
    columns: 'a int',
    before: `CREATE FUNCTION api.differ(int, int) RETURNS bool LANGUAGE sql AS $$ SELECT $1 <> $2 $$;
      CREATE OPERATOR api.= (LEFTARG = int, RIGHTARG = int, FUNCTION = api.differ)`,
    using: 'a OPERATOR(api.=) 1',
    only: 'a = 1',
    row: '2',
  },
  {
    words: 'the second of two parts of the claims counts where the first is missing',
    columns: 'a text',
    using:
      "a = (coalesce(current_setting('request.jwt.claims')::jsonb -> 'app', current_setting('request.jwt.claims')::jsonb -> 'own') ->> 'name')",
    only: "a = private.claim('app', 'name')",
    row: "'x'",
    claims: { own: { name: 'x' } },
  },
  {
    words: 'keys hold in each table of a family for itself',
    columns: 'a int',
    before: `CREATE TABLE api.parent (k int PRIMARY KEY, v int); CREATE TABLE api.child () INHERITS (api.parent);
      INSERT INTO api.parent VALUES (1, 1); INSERT INTO api.child VALUES (1, 2); GRANT SELECT ON api.parent TO member`,
    using: 'EXISTS (SELECT 1 FROM api.parent AS x, api.parent AS y WHERE x.k = y.k AND x.v < y.v)',
    only: 'false',
    row: '1',
  },
  {
    words: 'a domain of texts finds texts equal that are not',
    before: `CREATE COLLATION api.any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
      CREATE DOMAIN api.email AS text COLLATE api.any_case`,
    columns: 'a api.email',
    using: "a = 'x'::api.email",
    only: 'a::text COLLATE "C" = \'x\'',
    row: "'X'",
  },
];
