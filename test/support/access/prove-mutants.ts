import { prepareComparison } from '../../../access/prove/compare.ts';
import { judge, type Replay } from '../../../access/prove/judge.ts';
import { deriveProperties } from '../../../access/prove/properties/derive-properties.ts';
import type { Property } from '../../../access/prove/property.ts';
import { replay } from '../../../access/prove/replay/replay.ts';
import type { Solver } from '../../../access/prove/solver.ts';
import type { Judgement } from '../../../access/prove/verdict.ts';
import { prepare, type Anywhere } from '../../../audit/anywhere/anywhere.ts';
import { COMMANDS } from '../../../audit/anywhere/survey.ts';
import { findScope } from '../../../audit/anywhere/find-scope.ts';
import { readSurvey, surveying } from '../../../audit/anywhere/read-survey.ts';
import { declaredScope } from '../../../audit/declared-scope.ts';
import { readShape } from '../../../access/check/shape.ts';
import { declare, type Declaration, type DeclarationInput } from '../../../declaration/index.ts';
import { withClient } from '../../../postgres/with-client.ts';
import type pg from 'pg';
import type { PostgresServer } from '../../../testing/servers/postgres-server.ts';
import { declaredDatabase, effectiveAccess, mutatedDatabase } from './mutated-database.ts';
import { mutants, type Mutant } from './mutants.ts';
import { UNREACHED } from './unreached-mutants.ts';

export interface ProvenMutants {
  /** Those by which a property no longer holds. */
  readonly caught: readonly string[];
  /** Those that hold to the properties, and change the rows that a role reaches. */
  readonly changed: readonly string[];
  readonly missed: readonly string[];
  /** Those that change nothing that a request can reach. */
  readonly equivalent: readonly string[];
  /** What is not proven on the database without a fault. */
  readonly open: readonly string[];
}

/**
 * Judges mutants of a declared database by the properties of its declaration: one is caught if what was proven leaks. Others
 * are compared with the declared database.
 */
export async function proveMutants(
  postgres: PostgresServer,
  input: DeclarationInput,
  solver: Solver,
  chosen: (all: readonly Mutant[]) => readonly Mutant[],
): Promise<ProvenMutants> {
  const connection = await declaredDatabase(postgres, input);
  const declaration = declare(input);
  const roles = [...declaration.users.map(({ name }) => name), declaration.owner];
  if (declaration.anonymous) roles.push(declaration.anonymous.name);
  const original = await withClient(connection, async (client) => {
    const audited = await surveyed(client, declaration);
    const { properties } = deriveProperties(declaration, audited);
    const judgements = await judge(audited, properties, { solver });
    return {
      all: await mutants(client, input, await readShape(client, declaration.schemas)),
      access: await effectiveAccess(client, roles),
      properties,
      audited,
      open: judgements.filter(({ verdict }) => verdict.status !== 'proven').map(nameOf),
    };
  });
  const found = { caught: [], changed: [], missed: [], equivalent: [] } as Record<Outcome, string[]>;
  for (const mutant of chosen(original.all)) {
    const outcome = await mutatedDatabase(postgres, mutant, (copy) =>
      withClient(copy, async (client): Promise<Outcome> => {
        if ((await effectiveAccess(client, roles)) === original.access) return 'equivalent';
        if (UNREACHED.some((one) => one.mutant.test(mutant.name))) return 'equivalent';
        const groups = nearestFirst(original.properties, mutant);
        if (await leaks(client, declaration, groups, solver, original.open)) return 'caught';
        const audited = await surveyed(client, declaration);
        return (await isChanged(original.audited, audited, declaration, mutant, solver)) ? 'changed' : 'missed';
      }),
    );
    found[outcome].push(mutant.name);
  }
  return { ...found, open: original.open };
}

type Outcome = 'caught' | 'changed' | 'missed' | 'equivalent';

/** True if the solver finds a row that a role reaches in one of two databases, and not in the other. */
async function isChanged(
  before: Anywhere,
  after: Anywhere,
  { tables }: Declaration,
  { name }: Mutant,
  solver: Solver,
): Promise<boolean> {
  const comparison = await prepareComparison(before, after, solver);
  const isNear = (table: { schema: string; name: string }) => name.includes(`${table.schema}.${table.name}`);
  for (const table of [...tables].sort((a, b) => Number(isNear(b)) - Number(isNear(a)))) {
    for (const role of before.scope.roles) {
      for (const command of COMMANDS) {
        const { grade } = await comparison.compare({
          role,
          command,
          table: { schema: table.schema, name: table.name },
        });
        if (grade !== 'same' && grade !== 'not decided') return true;
      }
    }
  }
  return false;
}

async function surveyed(client: pg.ClientBase, declaration: Declaration) {
  const survey = await surveying(client, () => readSurvey(client));
  return prepare(survey, findScope(survey, declaredScope(declaration)));
}

/** Properties of the table that a mutant names, and then the others: most mutants are caught by the first. */
function nearestFirst(properties: readonly Property[], { name }: Mutant): readonly (readonly Property[])[] {
  const isNear = ({ relation }: Property) => name.includes(`${relation.schema}.${relation.name}`);
  return [properties.filter(isNear), properties.filter((property) => !isNear(property))];
}

async function leaks(
  client: pg.ClientBase,
  declaration: Declaration,
  groups: readonly (readonly Property[])[],
  solver: Solver,
  open: readonly string[],
): Promise<boolean> {
  const audited = await surveyed(client, declaration);
  const confirm: Replay = async (property, counterexample) => {
    const result = await replay({ client, audited, declaration }, property, counterexample);
    return result.status === 'confirmed' ? { confirmed: true } : { confirmed: false, why: result.why };
  };
  for (const properties of groups) {
    const judgements = await judge(audited, properties, { solver, replay: confirm });
    if (judgements.some((one) => one.verdict.status === 'leak' && !open.includes(nameOf(one)))) return true;
  }
  return false;
}

const nameOf = ({ property, role, command }: Judgement) =>
  `${property.name} of ${property.relation.schema}.${property.relation.name}, ${role} ${command}`;
