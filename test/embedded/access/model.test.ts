import { beforeAll, expect, it } from 'vitest';
import { startSolver } from '../../../access/prove/solver.ts';
import { ROLES } from '../../support/access/pinned/base.ts';
import { compareMany } from '../../support/access/pinned/compare-many.ts';
import { useCluster, type TestDatabase } from '../../support/database.ts';
import { FULL_TESTS, FUZZ_SEED } from '../../support/fuzz.ts';

/** More with `MODEL_CASES`. */
const CASES = Number(process.env['MODEL_CASES'] ?? (FULL_TESTS ? 10_000 : 300));
/** Share of cases that the model may leave open. */
const MOST_OPEN = 0.05;

const cluster = useCluster();
let database: TestDatabase;
beforeAll(async () => {
  database = await cluster.database();
  await database.sql(ROLES);
});

it('gives the answer of Postgres for random rows, claims and policies', { timeout: 3_600_000 }, async () => {
  await using solver = await startSolver();
  const { tally, difference } = await compareMany({ database, solver, seed: FUZZ_SEED, cases: CASES, tables: 6 });
  const { cases, failed, open, pieces } = tally;
  console.log(`seed ${FUZZ_SEED}: ${cases} cases, ${failed} rejected for another reason, ${open} open`, ...pieces);
  expect(difference, difference).toBeUndefined();
  expect(open / cases).toBeLessThan(MOST_OPEN);
});
