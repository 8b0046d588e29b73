import { beforeAll, expect, it } from 'vitest';
import { startSolver } from '../../../access/prove/solver.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { ROLES } from '../../support/access/model/base.ts';
import { compareDatabase, emptyTally, type Difference } from '../../support/access/model/compare-database.ts';
import { policySql, randomDatabase } from '../../support/access/model/random-database.ts';
import { Random } from '../../support/access/model/random.ts';
import { useCluster, type TestDatabase } from '../../support/database.ts';
import { FULL_TESTS, FUZZ_SEED } from '../../support/fuzz.ts';

const CASES = Number(process.env['MODEL_CASES'] ?? (FULL_TESTS ? 10_000 : 1_000));
const TABLES = 6;

const cluster = useCluster();
let database: TestDatabase;
beforeAll(async () => {
  database = await cluster.database();
  await database.sql(ROLES);
});

const shown = (seed: number) => (difference: Difference) => {
  const { table, subject, request, observed, row } = difference;
  return [
    `seed ${seed}: ${request} as ${JSON.stringify(subject)} is ${observed} by Postgres only, for ${JSON.stringify(row)}`,
    ...table.policies.map((policy) => policySql(policy, table.name)),
    `view of ${table.view.owner}, invoker ${table.view.invoker}: ${table.view.where.text}`,
    `function: ${table.lent.text}`,
  ].join('\n');
};

it('gives the answer of Postgres for random rows, claims and policies', async () => {
  await using solver = await startSolver();
  const tally = emptyTally();
  const found: string[] = [];
  for (let n = 0; tally.cases < CASES; n += 1) {
    const seed = FUZZ_SEED + n;
    const random = new Random(seed);
    const before = tally.differences.length;
    await withClient(database.superuser, (client) =>
      compareDatabase(client, randomDatabase(random, TABLES), { solver, tally, random }),
    );
    found.push(...tally.differences.slice(before).map(shown(seed)));
    if (process.env['MODEL_VERBOSE'])
      console.log(seed, tally.cases, tally.failed, tally.open, tally.differences.length);
    if (found.length > 5) break;
  }
  console.log(
    tally.cases,
    'failed',
    tally.failed,
    'open',
    tally.open,
    [...tally.pieces].sort((a, b) => b[1] - a[1]).slice(0, 12),
  );
  expect(found, found.slice(0, 3).join('\n\n')).toEqual([]);
}, 1_800_000);
