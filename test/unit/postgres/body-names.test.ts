import { describe, expect, it } from 'vitest';
import { bodyNames, type TableName } from '../../../postgres/catalog/body-names.ts';

const namesIn = (body: string) =>
  bodyNames({
    definition: `CREATE FUNCTION api.f() RETURNS void LANGUAGE plpgsql AS $function$${body}$function$\n`,
    body_is_text: true,
    extension: null,
  });

const written = ({ schema, name, command }: TableName) =>
  `${command} ${schema === undefined ? '' : `${schema}.`}${name}`;

describe('the commands whose policies a statement meets', () => {
  it.each([
    ['SELECT * FROM api.a JOIN b ON true', 'select api.a, select b'],
    ['SELECT * FROM a, api.b', 'select a, select api.b'],
    ['SELECT x, y FROM a, b AS two, ONLY "C d" WHERE p = 1 ORDER BY q, r', 'select C d, select a, select b'],
    ['SELECT * FROM a AS one (x, y), b', 'select a, select b'],
    [
      'SELECT * FROM a JOIN b ON (a.x = b.x), c LEFT JOIN d USING (y, z), e',
      'select a, select b, select c, select d, select e',
    ],
    [
      'SELECT * FROM a, LATERAL (SELECT m FROM b, c) AS s, unnest(v, w) AS u, api.f(x, y), d',
      'select a, select b, select c, select d',
    ],
    ['SELECT * FROM a, b FOR UPDATE OF b', 'select a, select b, update a, update b'],
    ['SELECT FROM a, b INTO n, m; x := y, z', 'select a, select b, select n'],
    ['IF EXISTS (SELECT FROM a, b), c THEN', 'select a, select b'],
    ['FOR r IN SELECT * FROM a, b LOOP f(r, s); END LOOP', 'select a, select b'],
    [`SELECT p IS DISTINCT FROM q, r FROM a`, 'select a, select q'],
    [`EXECUTE 'SELECT FROM a, b' USING p, q`, 'select a, select b, select p'],
    ['SELECT * FROM a WHERE id = 1 FOR UPDATE SKIP LOCKED', 'select a, update a'],
    ['SELECT * FROM a FOR NO KEY UPDATE', 'select a, update a'],
    ['SELECT * FROM a FOR KEY SHARE', 'select a, update a'],
    ['INSERT INTO a VALUES (1); SELECT 1 WHERE true', 'insert a'],
    ['INSERT INTO a VALUES (1) RETURNING id', 'insert a, select a'],
    ['INSERT INTO a VALUES (1) ON CONFLICT (id) DO NOTHING', 'insert a, select a'],
    ['INSERT INTO a VALUES (1) ON CONFLICT (id) DO UPDATE SET n = 1', 'insert a, select a, update a'],
    ['INSERT INTO a SELECT * FROM ONLY b', 'insert a, select b'],
    ['UPDATE a SET n = n + 1', 'select a, update a'],
    ['UPDATE ONLY api.a SET n = 1 FROM b WHERE a.id = b.id', 'select api.a, select b, update api.a'],
    ['DELETE FROM a', 'delete a'],
    ['delete\n from a where id = 1', 'delete a, select a'],
    ['DELETE FROM a USING b', 'delete a, select a, select b'],
    ['DELETE FROM a USING b, c WHERE true', 'delete a, select a, select b, select c'],
    ['UPDATE a SET n = 1, m = 2 FROM b, c', 'select a, select b, select c, update a'],
    [
      'INSERT INTO a (x, y) SELECT x, y FROM b, c ON CONFLICT (x, y) DO UPDATE SET x = 1, y = 2',
      'insert a, select a, select b, select c, update a',
    ],
    [
      'MERGE INTO a USING b ON a.id = b.id WHEN MATCHED AND b.gone THEN DELETE WHEN MATCHED THEN UPDATE SET n = 1 WHEN NOT MATCHED THEN INSERT VALUES (1)',
      'delete a, insert a, select a, select b, update a',
    ],
    ['TABLE a', 'select a'],
    ['SELECT * FROM "A ""b" -- FROM c\n/* FROM d */', 'select A "b'],
  ])('%s: %s', (body, expected) => {
    expect([...new Set(namesIn(body).tables.map(written))].sort().join(', ')).toBe(expected);
  });
});

it('the functions and sequences of a body are those that it calls by name', () => {
  const { calls, sequences } = namesIn(
    `PERFORM api.f(1), "G h" (2), nextval('api.s'), setval ('"T"', 1); -- h()
     EXECUTE 'SELECT k()';`,
  );
  expect(calls.map(({ schema, name }) => (schema === undefined ? name : `${schema}.${name}`))).toEqual([
    ...['api.f', 'G h', 'nextval', 'setval', 'k'],
  ]);
  expect(sequences).toEqual([{ schema: 'api', name: 's' }, { name: 'T' }]);
});
