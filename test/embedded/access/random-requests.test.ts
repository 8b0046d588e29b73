import { loadModule } from 'libpg-query';
import { beforeAll, expect, it } from 'vitest';
import { useCluster } from '../../support/database.ts';
import { FULL_TESTS, FUZZ_SEED } from '../../support/fuzz.ts';
import { trySchema } from '../../support/access/random-schemas.ts';

const cluster = useCluster();
beforeAll(() => loadModule());

/** Random schemas; each answers 150 requests. */
const SCHEMAS = FULL_TESTS ? 70 : 11;
const LEAST = FULL_TESTS ? 10_000 : 1_500;

it(
  'answers random requests on random schemas as an independent model of the declaration does',
  { timeout: 600_000 },
  async () => {
    let compared = 0;
    let notModelled = 0;
    const started = performance.now();
    for (let seed = FUZZ_SEED; seed < FUZZ_SEED + SCHEMAS; seed++) {
      const outcome = await trySchema(cluster.server(), seed);
      expect(outcome.difference).toBeUndefined();
      compared += outcome.compared;
      notModelled += outcome.notModelled.length;
    }
    const perSecond = Math.round(compared / ((performance.now() - started) / 1000));
    console.log(`${compared} random requests compared, ${notModelled} not modelled, ${perSecond} a second`);
    expect(compared).toBeGreaterThanOrEqual(LEAST);
    expect(notModelled).toBeLessThan(compared / 50);
  },
);
