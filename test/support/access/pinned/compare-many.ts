import type { Solver } from '../../../../access/prove/solver.ts';
import { withClient } from '../../../../postgres/with-client.ts';
import type { TestDatabase } from '../../database.ts';
import { compareDatabase, emptyTally, type Difference, type Tally } from './compare-database.ts';
import type { Condition } from './conditions.ts';
import { policySql, randomDatabase, type RandomDatabase } from './random-database.ts';
import { Random } from './random.ts';

export interface Sample {
  readonly database: Pick<TestDatabase, 'superuser'>;
  readonly solver: Solver;
  readonly seed: number;
  /** Least number of cases. */
  readonly cases: number;
  /** Number of tables of each random database. */
  readonly tables: number;
  /** Makes a difference as small as possible. */
  readonly shrinks?: boolean;
}

/** What came of a sample; it ends with the first database that shows a difference, whose text is the smallest one found. */
export interface Compared {
  readonly tally: Tally;
  readonly difference: string | undefined;
}

/** Compares the model with Postgres on random databases, until there were enough cases or one difference. */
export async function compareMany({
  database,
  solver,
  seed,
  cases,
  tables,
  shrinks = true,
}: Sample): Promise<Compared> {
  const tally = emptyTally();
  const compare = (random: RandomDatabase, to: Tally, salt: number) =>
    withClient(database.superuser, (client) =>
      compareDatabase(client, random, { solver, tally: to, random: new Random(salt) }),
    );
  for (let n = seed; tally.cases < cases; n += 1) {
    const made = randomDatabase(new Random(n), tables);
    await compare(made, tally, n);
    const [first] = tally.differences;
    if (!first) continue;
    const least = shrinks ? await smallest(made, first, (smaller, to) => compare(smaller, to, n)) : first;
    return { tally, difference: shown(n, least) };
  }
  return { tally, difference: undefined };
}

/** The same with fewer policies and smaller conditions, as long as there is a difference. */
async function smallest(
  whole: RandomDatabase,
  first: Difference,
  compare: (database: RandomDatabase, tally: Tally) => Promise<void>,
): Promise<Difference> {
  let found = first;
  for (let smaller: Difference | undefined = first; smaller;) {
    found = smaller;
    smaller = undefined;
    for (const table of smallerTables(found.table)) {
      const tally = emptyTally();
      await compare({ ...whole, tables: [table], subjects: [found.subject] }, tally);
      smaller = tally.differences[0];
      if (smaller) break;
    }
  }
  return found;
}

function smallerTables(table: Difference['table']): Difference['table'][] {
  const nothing = { text: 'false', parts: [] };
  const parts = ({ parts: found }: Condition) => found;
  return [
    ...(table.view.where.text === 'false' ? [] : [{ ...table, view: { ...table.view, where: nothing } }]),
    ...(table.lent.text === 'false' ? [] : [{ ...table, lent: nothing }]),
    ...table.policies.map((policy) => ({ ...table, policies: table.policies.filter((one) => one !== policy) })),
    ...table.policies.flatMap((policy) =>
      (['using', 'check'] as const).flatMap((clause) =>
        parts(policy[clause] ?? nothing).map((part) => ({
          ...table,
          policies: table.policies.map((one) => (one === policy ? { ...policy, [clause]: part } : one)),
        })),
      ),
    ),
    ...parts(table.view.where).map((part) => ({ ...table, view: { ...table.view, where: part } })),
    ...parts(table.lent).map((part) => ({ ...table, lent: part })),
  ];
}

function shown(seed: number, { table, subject, request, observed, row }: Difference): string {
  const { view, lent, name } = table;
  return [
    `FUZZ_SEED=${seed}: ${request} as ${subject.role} with ${JSON.stringify(subject.claims)} is ${observed} only by Postgres:`,
    JSON.stringify(row),
    ...table.policies.map((policy) => policySql(policy, name)),
    `view of ${view.owner}${view.invoker ? ' with the rights of its user' : ''}: ${view.where.text}`,
    `function of ${view.owner}: ${lent.text}`,
  ].join('\n');
}
