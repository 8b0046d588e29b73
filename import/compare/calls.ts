import type pg from 'pg';
import { apiRoles } from '../../declaration/roles.ts';
import type { Declaration } from '../../declaration/types.ts';
import { readingDatabase } from '../database/read-database.ts';
import type { ComparedCell } from './compare-access.ts';

/** Roles whose requests may call a function, by its signature. */
export type Calls = ReadonlyMap<string, readonly string[]>;

/** Reads who may call which function of the exposed schemas. */
export async function readCalls(client: pg.ClientBase, declaration: Declaration): Promise<Calls> {
  const roles = apiRoles(declaration).map(({ name }) => name);
  const functions = await readingDatabase(client, (reader) => reader.functions(declaration.schemas, roles));
  return new Map(
    functions
      .filter(({ kind, of_triggers }) => kind === 'f' && !of_triggers)
      .map(({ signature, callable_by, found_by }) => [
        signature,
        callable_by.filter((role) => found_by.includes(role)),
      ]),
  );
}

/** One cell for every function and every role. */
export function compareCalls(before: Calls, after: Calls, declaration: Declaration): ComparedCell[] {
  const roles = apiRoles(declaration).map(({ name }) => name);
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((object) =>
    roles.map((role) => ({
      object,
      cell: `\`${object}\`, ${role}, call`,
      difference: differenceOf(before.get(object)?.includes(role) ?? false, after.get(object)?.includes(role) ?? false),
    })),
  );
}

function differenceOf(could: boolean, can: boolean): string | undefined {
  if (could === can) return undefined;
  return could ? 'could be called, is refused' : 'was refused, can be called';
}
