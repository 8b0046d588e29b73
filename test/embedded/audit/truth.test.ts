import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseExpression } from '../../../postgres/expressions/parse-expression.ts';
import { FALSE, NULL, TRUE, truthOf, type Truth, type World } from '../../../audit/anywhere/conditions/truth.ts';
import { useCluster } from '../../support/database.ts';
import { FULL_TESTS, FUZZ_SEED } from '../../support/fuzz.ts';

const cluster = useCluster();
const CONDITIONS = FULL_TESTS ? 4_000 : 1_000;

const CLAIMS = `(nullif(current_setting('request.jwt.claims', true), '')::json`;
const texts = fc.constantFrom(
  'a',
  'b',
  `'x'`,
  `'y'`,
  `'anon'`,
  'NULL::text',
  `${CLAIMS} ->> 'sub')`,
  `(SELECT ${CLAIMS} ->> 'sub'))`,
  `${CLAIMS} ->> 'role')`,
  `${CLAIMS} #>> '{app,team}')`,
  `current_setting('request.jwt.claim.sub', true)`,
  'uid()',
  '(SELECT uid())',
  'lower(a)',
  `coalesce(a, b)`,
  `coalesce(uid(), 'none')`,
  `nullif(a, b)`,
  `(a || b)`,
  `(SELECT k.a FROM kept AS k WHERE k.b = uid() LIMIT 1)`,
);

/** Conditions over two texts and a truth value of a row, and the claims of a request. */
const { condition } = fc.letrec<{ condition: string; leaf: string }>((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom('true', 'false', 'NULL::boolean', 'n', 'n IS NOT TRUE', 'a = a', 'b = b', 'b IS NOT NULL'),
    fc
      .tuple(
        texts,
        fc.constantFrom('=', '<>', '<', '>=', 'IS DISTINCT FROM', 'IS NOT DISTINCT FROM', 'LIKE', '~'),
        texts,
      )
      .map((parts) => `(${parts.join(' ')})`),
    texts.map((text) => `(${text} IS NULL)`),
    texts.map((text) => `(${text} IS NOT NULL)`),
    fc.tuple(texts, texts, texts).map(([left, one, other]) => `(${left} IN (${one}, ${other}))`),
    fc.tuple(texts, texts).map(([left, one]) => `(${left} NOT IN (${one}, 'y'))`),
    fc.tuple(texts, texts).map(([left, one]) => `(${left} = ANY (ARRAY[${one}, 'x']))`),
    fc.tuple(texts, texts).map(([left, one]) => `(${left} <> ALL (ARRAY[${one}, 'x']))`),
    texts.map((text) => `(${text} IN (SELECT k.a FROM kept AS k WHERE k.b = uid()))`),
    texts.map((text) => `EXISTS (SELECT FROM kept AS k WHERE k.b = ${text})`),
  ),
  condition: fc.oneof(
    { maxDepth: 3 },
    tie('leaf'),
    fc.tuple(tie('condition'), tie('condition')).map(([left, right]) => `(${left} AND ${right})`),
    fc.tuple(tie('condition'), tie('condition')).map(([left, right]) => `(${left} OR ${right})`),
    tie('condition').map((inner) => `(NOT ${inner})`),
    fc
      .tuple(
        tie('condition'),
        fc.constantFrom('IS TRUE', 'IS NOT TRUE', 'IS FALSE', 'IS NOT FALSE', 'IS UNKNOWN', 'IS NOT UNKNOWN'),
      )
      .map(([inner, test]) => `(${inner} ${test})`),
    fc.tuple(tie('condition'), tie('condition')).map(([left, right]) => `coalesce(${left}, ${right})`),
    fc
      .tuple(tie('condition'), tie('condition'), tie('condition'))
      .map(([when, then, otherwise]) => `(CASE WHEN ${when} THEN ${then} ELSE ${otherwise} END)`),
    tie('condition').map((inner) => `(SELECT ${inner})`),
  ),
}));

const BITS = { true: TRUE, false: FALSE, null: NULL };

const REQUESTS = [
  { role: 'anon', claims: 'none', sent: ['{"role":"anon"}'] },
  {
    role: 'member',
    claims: 'any',
    sent: ['{"role":"member"}', '{"role":"member","sub":"x"}', '{"role":"member","sub":"z","app":{"team":"y"}}'],
  },
] as const;

it('what a condition can be holds all that Postgres computes, for every row and request', async () => {
  const database = await cluster.database();
  await database.sql(`CREATE TABLE rows (a text, b text NOT NULL, n boolean);
    INSERT INTO rows SELECT a, b, n FROM unnest('{NULL,x,y,anon}'::text[]) AS a, unnest('{x,y}'::text[]) AS b, unnest('{NULL,t,f}'::boolean[]) AS n;
    CREATE TABLE kept (a text, b text); INSERT INTO kept VALUES ('x', 'x'), (NULL, 'z');
    CREATE FUNCTION uid() RETURNS text STABLE LANGUAGE sql
      AS $$ SELECT coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''), ${CLAIMS} ->> 'sub')) $$;
    CREATE FUNCTION outcomes(claims text, condition text) RETURNS text[] LANGUAGE plpgsql AS $$
      DECLARE found text[];
      BEGIN
        PERFORM set_config('request.jwt.claims', claims, true);
        EXECUTE format('SELECT array_agg(DISTINCT coalesce((%s)::text, ''null'')) FROM rows', condition) INTO found;
        RETURN found;
      END $$`);
  const body = await parseExpression(
    `(coalesce(nullif(current_setting('request.jwt.claim.sub', true), ''), ${CLAIMS} ->> 'sub')))::text`,
  );
  const conditions = fc.sample(condition, { numRuns: CONDITIONS, seed: FUZZ_SEED });
  // As Postgres itself writes them in a policy.
  await database.sql(
    `DO $do$ DECLARE one text; i int := 0; BEGIN
       FOREACH one IN ARRAY ARRAY[${conditions.map((text) => `$c$${text}$c$`).join(',')}] LOOP
         i := i + 1;
         EXECUTE format('CREATE POLICY %I ON rows USING (%s)', 'p' || i, one);
       END LOOP; END $do$`,
  );
  const shown = (
    await database.sql('SELECT pg_get_expr(polqual, polrelid) AS text FROM pg_policy ORDER BY substr(polname, 2)::int')
  ).map(({ text }) => text as string);
  const wrong: string[] = [];
  const decided = { always: 0, never: 0 };
  for (const { role, claims, sent } of REQUESTS) {
    const world: World = {
      role,
      claims,
      isRequired: (column) => column === 'b' || column === 'rows.b',
      bodyOf: (_, name) => (name === 'uid' ? body : undefined),
    };
    const founds: Truth[] = [];
    for (const text of shown) founds.push(truthOf(await parseExpression(text), world));
    decided.always += founds.filter((found) => found === TRUE).length;
    decided.never += founds.filter((found) => (found & TRUE) === 0).length;
    for (const request of sent) {
      const rows = await database.sql(
        'SELECT outcomes($1, t) AS outcomes FROM unnest($2::text[]) WITH ORDINALITY AS u(t, n) ORDER BY n',
        [request, shown],
      );
      for (const [index, { outcomes }] of (rows as { outcomes: (keyof typeof BITS)[] }[]).entries()) {
        const missed = outcomes.filter((outcome) => (founds[index]! & BITS[outcome]) === 0);
        if (missed.length > 0)
          wrong.push(`${shown[index]!} is ${missed.join()} for ${request}, not among ${founds[index]!}`);
      }
    }
  }
  expect(wrong.slice(0, 5)).toEqual([]);
  // It would hold for one that knows nothing, too.
  expect(decided.always).toBeGreaterThan(CONDITIONS / 20);
  expect(decided.never).toBeGreaterThan(CONDITIONS / 20);
});
