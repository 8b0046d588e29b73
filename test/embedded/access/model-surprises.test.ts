import { expect, it } from 'vitest';
import { judge } from '../../../access/prove/judge.ts';
import { prepare } from '../../../audit/anywhere/anywhere.ts';
import { findScope } from '../../../audit/anywhere/find-scope.ts';
import { readSurvey } from '../../../audit/anywhere/read-survey.ts';
import { configureSession } from '../../../postgres/session.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { SURPRISES, type Surprise } from '../../support/access/pinned/surprises.ts';
import { useModel } from '../../support/access/pinned/use-model.ts';

const model = useModel();

/** The verdict on rows of `api.t` that a member reads, and what Postgres shows. */
async function judged({ before = '', columns, using, only, row, claims = {} }: Omit<Surprise, 'words'>) {
  return withClient(model.database.superuser, async (client) => {
    await client.query('BEGIN');
    await client.query(`${before}; CREATE TABLE api.t (${columns}); INSERT INTO api.t VALUES (${row});
      ALTER TABLE api.t ENABLE ROW LEVEL SECURITY; GRANT SELECT ON api.t TO member; CREATE POLICY p ON api.t USING (${using});
      SAVEPOINT made`);
    await configureSession(client);
    const survey = await readSurvey(client);
    await client.query('ROLLBACK TO SAVEPOINT made');
    const scope = findScope(survey, { schemas: ['api'], roles: ['member'], authenticator: 'authenticator' });
    const property = {
      ...{ name: 'surprise', words: 'rows are like that', roles: ['member'], commands: ['select' as const], only },
      relation: { schema: 'api', name: 't' },
    };
    const [judgement] = await judge(await prepare(survey, scope), [property], { solver: model.solver });
    const token = JSON.stringify({ ...claims, role: 'member' });
    await client.query(`SELECT set_config('request.jwt.claims', $1, true)`, [token]);
    await client.query('SET LOCAL ROLE member');
    const shown = await client.query<{ like: boolean | null }>(`SELECT (${only}) AS like FROM api.t`);
    return { status: judgement!.verdict.status, like: shown.rows.map(({ like }) => like === true) };
  });
}

it.for(SURPRISES)('proves nothing where $words', async (surprise) => {
  const { status, like } = await judged(surprise);
  expect(like).toEqual([false]);
  expect(status).not.toBe('proven');
});

/** By default, the condition of the policy follows from itself. */
const FOLLOWING: readonly (Omit<Surprise, 'only'> & { readonly only?: string })[] = [
  { words: 'a claim', columns: 'a text', using: "a = private.claim('name')", row: "'x'", claims: { name: 'x' } },
  {
    ...{ words: 'a claim that an array contains', columns: 'a text[]', using: "private.claim('name') = ANY (a)" },
    ...{ only: "a @> ARRAY[private.claim('name')]", row: "'{y,x}'", claims: { name: 'x' } },
  },
  {
    ...{ words: 'a list that an array contains', columns: 'a int[], b int', using: 'a @> ARRAY[b, 2]' },
    ...{ only: 'b = ANY (a) AND ARRAY[2] <@ a AND a && ARRAY[3, b]', row: "'{1,2}', 1" },
  },
  {
    ...{ words: 'a value that differs from all of an array', columns: 'a int[], b int', using: 'b <> ALL (a)' },
    ...{ only: 'NOT (a @> ARRAY[b])', row: "'{2}', 1" },
  },
  { words: 'a number', columns: 'a int', using: 'a + 1 = 2', only: 'a = 1', row: '1' },
];

it.for(FOLLOWING)('proves what follows from $words', async ({ only, ...other }) => {
  expect(await judged({ ...other, only: only ?? other.using })).toEqual({ status: 'proven', like: [true] });
});
