import { SecuredPostgrestError } from '../../errors/secured-postgrest-error.ts';
import { prepareComparison, type Comparison } from '../prove/compare.ts';
import { startSolver } from '../prove/solver.ts';
import type { CompareRows } from './compare-rows.ts';
import { withoutSolver } from './compare-rows.ts';
import type { Anywhere } from '../../audit/anywhere/anywhere.ts';

/**
 * Does work with the logic that compares conditions. Where npm's package z3-solver is not installed, conditions that are
 * written differently are not decided.
 */
export async function withLogic<T>(work: (compareRows: CompareRows) => Promise<T>): Promise<T> {
  const solver = await startSolver().catch((error: unknown) => {
    if (error instanceof SecuredPostgrestError && error.code === 'missing_package') return undefined;
    throw error;
  });
  if (!solver) return work(withoutSolver);
  await using running = solver;
  const comparisons = new Map<Anywhere, Map<Anywhere, Promise<Comparison>>>();
  return await work(async (before, after, question) => {
    const ofBefore = comparisons.get(before) ?? new Map<Anywhere, Promise<Comparison>>();
    comparisons.set(before, ofBefore);
    const comparison = ofBefore.get(after) ?? prepareComparison(before, after, running);
    ofBefore.set(after, comparison);
    return (await comparison).compare(question);
  });
}
