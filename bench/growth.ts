import { startPostgres } from '../testing/servers/postgres-server.ts';
import { growthOf } from './growth/growth-of.ts';
import { Sized, STEPS, type Step } from './growth/steps.ts';
import { workTime, type WorkTime } from './growth/work-time.ts';
import type { Figures, Outcome, Target } from './report.ts';
import { summarize } from './statistics.ts';

const SIZES = [10, 100, 1000, 5000] as const;
/** One more table, above 1,000 tables against below: noise and caches are in both. */
const MARGINAL_LIMIT = 1.25;
const SETTINGS = {
  // One transaction makes all tables, and each keeps its locks.
  max_locks_per_transaction: '1024',
  // It would add its CPU time to the step that runs meanwhile.
  autovacuum: 'off',
  // The default of Postgres. The buffers of a test environment are too small for the catalogs of 5,000 tables.
  shared_buffers: '128MB',
};
/** Sizes whose step takes longer are measured once. */
const LONG_MS = 20_000;

/**
 * CPU time of each step by the number of tables. A step may have a fixed part, and more tables may not make one more table dearer:
 * nothing grows worse than linearly.
 */
export async function benchGrowth(figures: Figures, sizes: readonly number[] = SIZES): Promise<Outcome> {
  await using postgres = await startPostgres({ settings: SETTINGS });
  // Programs and code are loaded once.
  const warmUp = new Sized(postgres, 3);
  for (const step of STEPS) await timeOf(step, warmUp);
  const sized = sizes.map((tables) => new Sized(postgres, tables));
  const targets: Target[] = [];
  for (const step of STEPS) targets.push(await benchStep(figures, step, sized));
  return { targets };
}

async function benchStep(figures: Figures, step: Step, sized: readonly Sized[]): Promise<Target> {
  const times = new Map<Sized, WorkTime[]>(sized.map((one) => [one, []]));
  // Sizes in turn, so that whatever else the machine does meets all of them.
  for (let round = 0; round < step.times; round++) {
    for (const [one, before] of times) {
      if (before.some(({ elapsed }) => elapsed > LONG_MS)) continue;
      before.push(await timeOf(step, one));
    }
  }
  for (const [{ tables }, measured] of times) {
    const name = `${step.name}, ${tables} tables`;
    figures.add(name, summarize(measured.map(({ processor }) => processor)));
    figures.add(`${name}: elapsed`, summarize(measured.map(({ elapsed }) => elapsed)));
  }
  // The least would favour short steps, which meet the machine's fastest moments more often as a whole.
  const medians = sized.map((one) => [one.tables, figures.of(`${step.name}, ${one.tables} tables`).median] as const);
  const { exponent, marginal } = growthOf(medians);
  figures.add(`${step.name}: exponent`, summarize([exponent]), { unit: 'exponent' });
  const [before, middle, last] = sized.slice(-3).map(({ tables }) => tables);
  return {
    name: `${step.name}: one more table of ${middle} to ${last}, in times of one of ${before} to ${middle}`,
    value: marginal,
    limit: MARGINAL_LIMIT,
    unit: 'x',
  };
}

async function timeOf(step: Step, sized: Sized): Promise<WorkTime> {
  await step.prepare?.(sized);
  return workTime(() => step.run(sized));
}
