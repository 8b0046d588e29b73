import { afterAll, beforeAll, expect, it } from 'vitest';
import { judge } from '../../../../access/prove/judge.ts';
import type { Property } from '../../../../access/prove/property.ts';
import { replay } from '../../../../access/prove/replay/replay.ts';
import { startSolver, type Solver } from '../../../../access/prove/solver.ts';
import { readAnywhere } from '../../../../audit/anywhere/read-anywhere.ts';
import { withClient } from '../../../../postgres/with-client.ts';
import { useCluster } from '../../../support/database.ts';
import { HIDDEN_WAYS, TASKS } from '../../../support/prove/hidden-ways.ts';

const cluster = useCluster();
let solver: Solver;
beforeAll(async () => {
  const database = await cluster.database();
  await database.sql(
    'CREATE ROLE authenticator LOGIN NOINHERIT; CREATE ROLE member; CREATE ROLE owner; GRANT member TO authenticator',
  );
  solver = await startSolver();
});
afterAll(() => solver[Symbol.asyncDispose]());

it.for(HIDDEN_WAYS)('judges $status where $words', async ({ sql, property: part, status, piece }) => {
  const database = await cluster.database();
  const property: Property = {
    ...{ name: 'tenant-isolation', words: 'no task of another tenant is reached', roles: ['member'] },
    ...{ relation: { schema: 'api', name: 'tasks' }, commands: ['select', 'insert', 'update', 'delete'] },
    only: `tenant = claim('tenant')::int`,
    ...part,
  };
  const verdicts = await withClient(database.superuser, async (client) => {
    await client.query(`${TASKS}; ${sql}; RESET ROLE`);
    const scope = { schemas: ['api'], roles: ['member'], authenticator: 'authenticator' };
    const audited = await readAnywhere(client, scope);
    const judgements = await judge(audited, [property], {
      solver,
      replay: async (...question) => {
        const result = await replay({ client, audited }, ...question);
        return result.status === 'confirmed' ? { confirmed: true } : { confirmed: false, why: result.why };
      },
    });
    return judgements.map(({ verdict }) => verdict);
  });
  expect(verdicts.map((verdict) => verdict.status)).toEqual(property.commands.map(() => status));
  for (const verdict of verdicts) {
    if (verdict.status === 'not modelled') expect(verdict.pieces.join('\n')).toMatch(piece!);
  }
});
