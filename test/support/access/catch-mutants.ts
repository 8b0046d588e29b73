import { randomFrom } from '../../../access/check/random.ts';
import type { ShapeTable } from '../../../access/check/shape.ts';
import type { Mutated, MutantsOutcome } from './mutated.ts';
import type { Mutant } from './mutants.ts';
import { findDifference, makeRound, type Round } from './trial.ts';

const ROUNDS = 14;
const REQUESTS = 100;

/** Tries the random check on mutants of a declaration: the model reads the declaration, and the database has the fault. */
export async function catchMutants(
  { client, subject, counted, equivalent }: Mutated,
  chosen: readonly Mutant[] = counted,
): Promise<MutantsOutcome> {
  const random = randomFrom(11);
  const caught: string[] = [];
  const missed: string[] = [];
  const wrong: string[] = [];
  const roundsAt = new Map<ShapeTable | undefined, Round[]>();
  const roundAt = async (table: ShapeTable | undefined, at: number): Promise<Round> => {
    const rounds = roundsAt.get(table) ?? [];
    roundsAt.set(table, rounds);
    if (rounds[at]) return rounds[at];
    const round = await makeRound(client, subject, random, REQUESTS, table);
    rounds.push(round);
    const difference = await findDifference(client, subject, round, 'SELECT 1');
    if (difference) wrong.push(`${subject.input.name}: ${difference.difference} ${JSON.stringify(difference.request)}`);
    return round;
  };
  for (const { name, table, sql } of chosen) {
    let found = false;
    for (let round = 0; round < ROUNDS && !found; round++) {
      found = (await findDifference(client, subject, await roundAt(table, round), sql)) !== undefined;
    }
    (found ? caught : missed).push(name);
  }
  return { caught, missed, equivalent, wrong };
}
