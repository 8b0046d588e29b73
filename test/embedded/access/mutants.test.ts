import { loadModule } from 'libpg-query';
import { beforeAll, expect, it } from 'vitest';
import { useCluster } from '../../support/database.ts';
import { FULL_TESTS } from '../../support/fuzz.ts';
import { catchMutants } from '../../support/access/catch-mutants.ts';
import { stratified, withMutants } from '../../support/access/mutated.ts';
import { declarationInputs } from '../../support/access/mutated-declarations.ts';

const cluster = useCluster();
beforeAll(() => loadModule());

/** One of so many mutants of the schema with many is tried. */
const STEP = FULL_TESTS ? 3 : 48;

it('catches faults in policies, grants, views and functions by random requests', { timeout: 900_000 }, async () => {
  const caught: string[] = [];
  const missed: string[] = [];
  const equivalent: string[] = [];
  const started = performance.now();
  for (const input of await declarationInputs()) {
    const step = input.name === 'projects' ? STEP : Math.ceil(STEP / 3);
    const outcome = await withMutants(
      cluster.server(),
      input,
      (all) => stratified(all, step),
      (mutated) => catchMutants(mutated),
    );
    expect(outcome.wrong).toEqual([]);
    caught.push(...outcome.caught);
    missed.push(...outcome.missed);
    equivalent.push(...outcome.equivalent);
  }
  const seconds = Math.round((performance.now() - started) / 1000);
  console.log(
    `${caught.length} mutants caught, ${missed.length} missed, ${equivalent.length} equivalent, in ${seconds} s`,
  );
  if (FULL_TESTS) expect(caught.length + missed.length).toBeGreaterThanOrEqual(200);
  expect(caught.length / (caught.length + missed.length), missed.join('\n')).toBeGreaterThanOrEqual(0.95);
});
