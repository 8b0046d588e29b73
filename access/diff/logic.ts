import { SecuredPostgrestError } from '../../errors/secured-postgrest-error.ts';
import { prepareComparison } from '../prove/compare.ts';
import { parseCatalog, type ParsedCatalog } from '../prove/model/parsed-catalog.ts';
import { startSolver, type Solver } from '../prove/solver.ts';
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
  return await work(logicOf(running));
}

/** The logic of a solver. Each database is parsed once. */
export function logicOf(solver: Solver): CompareRows {
  const catalogs = new Map<Anywhere, Promise<ParsedCatalog>>();
  const parse = (anywhere: Anywhere) => {
    const parsed = catalogs.get(anywhere) ?? parseCatalog(anywhere, []);
    catalogs.set(anywhere, parsed);
    return parsed;
  };
  return async (before, after, question) => {
    const comparison = prepareComparison({ before: await parse(before), after: await parse(after) }, solver);
    switch (question.kind) {
      case 'rows':
        return comparison.compare(question);
      case 'met':
        return comparison.compareMet(question);
      case 'call':
        return comparison.compareCall(question);
    }
  };
}
