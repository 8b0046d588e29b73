import { loadModule } from 'libpg-query';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startSolver, type Solver } from '../../../access/prove/solver.ts';
import { declarationInputs } from '../../support/access/mutated-declarations.ts';
import { proveMutants } from '../../support/access/prove-mutants.ts';
import { useCluster } from '../../support/database.ts';
import { FULL_TESTS } from '../../support/fuzz.ts';

const cluster = useCluster();
let solver: Solver;
beforeAll(async () => {
  await loadModule();
  solver = await startSolver();
});
afterAll(() => solver[Symbol.asyncDispose]());

/** Every so many mutants of the schemas with many. */
const STEP = FULL_TESTS ? 3 : 20;

it('catches faults in policies, grants, views and functions by a proof', { timeout: 900_000 }, async () => {
  const caught: string[] = [];
  const changed: string[] = [];
  const missed: string[] = [];
  const equivalent: string[] = [];
  const started = performance.now();
  for (const input of await declarationInputs()) {
    const step = input.name === 'projects' ? STEP : Math.ceil(STEP / 3);
    const chosen = <Each>(all: readonly Each[]) => all.filter((_, at) => at % step === 0);
    const outcome = await proveMutants(cluster.server(), input, solver, chosen);
    caught.push(...outcome.caught);
    changed.push(...outcome.changed);
    missed.push(...outcome.missed);
    equivalent.push(...outcome.equivalent);
    if (outcome.open.length > 0) console.log(`not proven without a fault: ${input.name}: ${outcome.open.join('; ')}`);
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(
    `${caught.length} mutants caught, ${missed.length} missed, ${equivalent.length} equivalent, in ${seconds} s`,
  );
  if (missed.length > 0) console.log(missed.join('\n'));
  if (FULL_TESTS) expect(caught.length + missed.length).toBeGreaterThanOrEqual(200);
  expect(caught.length / (caught.length + missed.length), missed.join('\n')).toBeGreaterThanOrEqual(0.95);
});
