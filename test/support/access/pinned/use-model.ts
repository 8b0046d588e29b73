import { afterAll, beforeAll } from 'vitest';
import { startSolver, type Solver } from '../../../../access/prove/solver.ts';
import { useCluster, type TestDatabase } from '../../database.ts';
import { ROLES } from './base.ts';

/** A database with the roles of random cases, and a solver, for the tests of a file. */
export function useModel(): { readonly database: TestDatabase; readonly solver: Solver } {
  const cluster = useCluster();
  let database: TestDatabase;
  let solver: Solver;
  beforeAll(async () => {
    database = await cluster.database();
    await database.sql(ROLES);
    solver = await startSolver();
  });
  afterAll(() => solver[Symbol.asyncDispose]());
  return {
    get database() {
      return database;
    },
    get solver() {
      return solver;
    },
  };
}
