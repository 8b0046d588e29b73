import type pg from 'pg';
import { declare, type Declaration, type DeclarationInput } from '../../../declaration/index.ts';
import { withClient } from '../../../postgres/with-client.ts';
import type { LocalConnection, PostgresServer } from '../../../testing/servers/postgres-server.ts';
import { declaredDatabase, effectiveAccess } from './mutated-database.ts';
import { mutants, type Mutant } from './mutants.ts';
import { subjectOf, type Subject } from './trial.ts';
import { UNREACHED } from './unreached-mutants.ts';

/** Columns that triggers of these schemas set, and a table that one writes. */
const BY_TRIGGER = ['updated_at', 'changed', 'public.log'];

/** A declared database, and the mutants of it that count. */
export interface Mutated {
  readonly client: pg.ClientBase;
  readonly connection: LocalConnection;
  readonly subject: Subject;
  readonly declaration: Declaration;
  readonly counted: readonly Mutant[];
  /** Those that change nothing which a request can reach, for a reason that is listed. */
  readonly unreached: readonly Mutant[];
  /** Names of these, and of those after which all is as it was. */
  readonly equivalent: readonly string[];
}

/** What became of mutants, by their names. */
export interface MutantsOutcome {
  readonly caught: readonly string[];
  readonly missed: readonly string[];
  readonly equivalent: readonly string[];
  /** Differences on the database without a fault: there must be none. */
  readonly wrong: readonly string[];
}

/** Makes a database from a declaration, and does work with its mutants. */
export async function withMutants<T>(
  postgres: PostgresServer,
  input: DeclarationInput,
  chosen: (all: readonly Mutant[]) => readonly Mutant[],
  work: (mutated: Mutated) => Promise<T>,
): Promise<T> {
  const connection = await declaredDatabase(postgres, input);
  return withClient(connection, async (client) => {
    const subject = await subjectOf(client, input, BY_TRIGGER);
    const roles = [...subject.senders, input.roles.owner ?? `${input.name}_owner`];
    const before = await effectiveAccess(client, roles);
    const counted: Mutant[] = [];
    const unreached: Mutant[] = [];
    const equivalent: string[] = [];
    for (const mutant of chosen(await mutants(client, input, subject.shape))) {
      const { name, sql } = mutant;
      const isUnreached = UNREACHED.some((each) => each.mutant.test(name));
      if (isUnreached) unreached.push(mutant);
      const isSame =
        isUnreached || (await inMutant(client, sql, async () => (await effectiveAccess(client, roles)) === before));
      if (isSame) equivalent.push(name);
      else counted.push(mutant);
    }
    return work({ client, connection, subject, declaration: declare(input), counted, unreached, equivalent });
  });
}

/** Does work while the database has a fault. */
export async function inMutant<T>(client: pg.ClientBase, sql: string, work: () => Promise<T>): Promise<T> {
  await client.query(`BEGIN; ${sql}`);
  try {
    return await work();
  } finally {
    await client.query('ROLLBACK');
  }
}

/** Every so many mutants of each fault. */
export function stratified(all: readonly Mutant[], step: number): Mutant[] {
  return all.toSorted((a, b) => a.fault.localeCompare(b.fault)).filter((_, at) => at % step === 0);
}
