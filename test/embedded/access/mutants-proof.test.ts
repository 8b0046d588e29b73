import { loadModule } from 'libpg-query';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { logicOf } from '../../../access/diff/logic.ts';
import { startSolver, type Solver } from '../../../access/prove/solver.ts';
import { useCluster } from '../../support/database.ts';
import { FULL_TESTS } from '../../support/fuzz.ts';
import { catchMutants } from '../../support/access/catch-mutants.ts';
import { stratified, withMutants } from '../../support/access/mutated.ts';
import { declarationInputs } from '../../support/access/mutated-declarations.ts';
import { proveMutants } from '../../support/access/prove-mutants.ts';

const cluster = useCluster();
let solver: Solver;
beforeAll(async () => {
  await loadModule();
  solver = await startSolver();
});
afterAll(() => solver[Symbol.asyncDispose]());

/** One of so many mutants of the schema with many is tried; of the other schemas, three times as many. */
const STEP = FULL_TESTS ? 3 : 48;

it(
  'proves that a database with a fault is not as declared, and random requests catch the rest',
  { timeout: 1_800_000 },
  async () => {
    const caught: string[] = [];
    const missed: string[] = [];
    const missedByBoth: string[] = [];
    let equivalent = 0;
    const started = performance.now();
    const cpu = process.cpuUsage();
    for (const input of await declarationInputs()) {
      const step = input.name === 'projects' ? STEP : Math.ceil(STEP / 3);
      await withMutants(
        cluster.server(),
        input,
        (all) => stratified(all, step),
        async (mutated) => {
          const proof = await proveMutants(mutated, logicOf(solver));
          expect(proof.wrong).toEqual([]);
          expect(proof.refuted).toEqual([]);
          caught.push(...proof.caught);
          missed.push(...proof.missed);
          equivalent += proof.equivalent.length;
          const rest = mutated.counted.filter(({ name }) => proof.missed.includes(name));
          missedByBoth.push(...(await catchMutants(mutated, rest)).missed);
        },
      );
    }
    const seconds = Math.round((performance.now() - started) / 1000);
    const { user, system } = process.cpuUsage(cpu);
    const work = Math.round((user + system) / 1e6);
    console.log(
      `${caught.length} mutants caught by the proof, ${missed.length} missed, ${missedByBoth.length} by both, ${equivalent} equivalent, in ${seconds} s, of which this process works ${work} s`,
      missed.join('\n'),
    );
    if (FULL_TESTS) expect(caught.length + missed.length).toBeGreaterThanOrEqual(200);
    expect(caught.length / (caught.length + missed.length), missed.join('\n')).toBeGreaterThanOrEqual(0.95);
    expect(missedByBoth).toEqual([]);
  },
);
