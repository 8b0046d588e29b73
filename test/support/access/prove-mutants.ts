import { judge, type Replay } from '../../../access/prove/judge.ts';
import { deriveProperties } from '../../../access/prove/properties/derive-properties.ts';
import type { Property } from '../../../access/prove/property.ts';
import { replay } from '../../../access/prove/replay/replay.ts';
import type { Solver } from '../../../access/prove/solver.ts';
import type { Judgement } from '../../../access/prove/verdict.ts';
import { prepare } from '../../../audit/anywhere/anywhere.ts';
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
  readonly caught: readonly string[];
  readonly missed: readonly string[];
  /** Those that change nothing that a request can reach. */
  readonly equivalent: readonly string[];
  /** What is not proven on the database without a fault. */
  readonly open: readonly string[];
}

/** Judges mutants of a declared database by the properties of its declaration; one is caught if what was proven leaks. */
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
      open: judgements.filter(({ verdict }) => verdict.status !== 'proven').map(nameOf),
    };
  });
  const [caught, missed, equivalent]: [string[], string[], string[]] = [[], [], []];
  for (const mutant of chosen(original.all)) {
    const found = await mutatedDatabase(postgres, mutant, (copy) =>
      withClient(copy, async (client) => {
        if ((await effectiveAccess(client, roles)) === original.access) return undefined;
        return leaks(client, declaration, nearestFirst(original.properties, mutant), solver, original.open);
      }),
    );
    const isEquivalent = found === undefined || UNREACHED.some((one) => one.mutant.test(mutant.name));
    (isEquivalent ? equivalent : found ? caught : missed).push(mutant.name);
  }
  return { caught, missed, equivalent, open: original.open };
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
    if (process.env['SHOW_OPEN'] !== undefined) {
      for (const one of judgements) {
        if (one.verdict.status === 'not modelled' && !open.includes(nameOf(one)))
          console.log(nameOf(one), one.verdict.pieces);
      }
    }
  }
  return false;
}

const nameOf = ({ property, role, command }: Judgement) =>
  `${property.name} of ${property.relation.schema}.${property.relation.name}, ${role} ${command}`;
