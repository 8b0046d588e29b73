import { randomFrom } from '../../../access/check/random.ts';
import type { DeclarationInput } from '../../../declaration/index.ts';
import type { ShapeTable } from '../../../access/check/shape.ts';
import { withClient } from '../../../postgres/with-client.ts';
import type { PostgresServer } from '../../../testing/servers/postgres-server.ts';
import { declaredDatabase, effectiveAccess } from './mutated-database.ts';
import { mutants, type Mutant } from './mutants.ts';
import { findDifference, makeRound, subjectOf, type Round } from './trial.ts';
import { UNREACHED } from './unreached-mutants.ts';

/** Columns that triggers of these schemas set, and a table that one writes. */
const BY_TRIGGER = ['updated_at', 'changed', 'public.log'];

const ROUNDS = 14;
const REQUESTS = 100;

export interface MutantsOutcome {
  readonly caught: readonly string[];
  readonly missed: readonly string[];
  /** Those that change nothing that a request can reach. */
  readonly equivalent: readonly string[];
  /** Differences on the database without a fault: there must be none. */
  readonly wrong: readonly string[];
}

/** Tries the random check on mutants of a declaration: the model reads the declaration, and the database has the fault. */
export async function catchMutants(
  postgres: PostgresServer,
  input: DeclarationInput,
  chosen: (all: readonly Mutant[]) => readonly Mutant[],
): Promise<MutantsOutcome> {
  const connection = await declaredDatabase(postgres, input);
  return withClient(connection, async (client) => {
    const subject = await subjectOf(client, input, BY_TRIGGER);
    const random = randomFrom(11);
    const caught: string[] = [];
    const missed: string[] = [];
    const equivalent: string[] = [];
    const wrong: string[] = [];
    const roundsAt = new Map<ShapeTable | undefined, Round[]>();
    const roundAt = async (table: ShapeTable | undefined, at: number): Promise<Round> => {
      const rounds = roundsAt.get(table) ?? [];
      roundsAt.set(table, rounds);
      if (rounds[at]) return rounds[at];
      const round = await makeRound(client, subject, random, REQUESTS, table);
      rounds.push(round);
      const difference = await findDifference(client, subject, round, 'SELECT 1');
      if (difference) wrong.push(`${input.name}: ${difference.difference} ${JSON.stringify(difference.request)}`);
      return round;
    };
    const roles = [...subject.senders, input.roles.owner ?? `${input.name}_owner`];
    const access = () => effectiveAccess(client, roles);
    const before = await access();
    for (const { name, table, sql } of chosen(await mutants(client, input, subject.shape))) {
      await client.query(`BEGIN; ${sql}`);
      const same = (await access()) === before;
      await client.query('ROLLBACK');
      if (same || UNREACHED.some(({ mutant }) => mutant.test(name))) {
        equivalent.push(name);
        continue;
      }
      let found = false;
      for (let round = 0; round < ROUNDS && !found; round++) {
        found = (await findDifference(client, subject, await roundAt(table, round), sql)) !== undefined;
      }
      (found ? caught : missed).push(name);
    }
    return { caught, missed, equivalent, wrong };
  });
}
