import type pg from 'pg';
import { mayCall } from '../../compile/may-call.ts';
import { matches } from '../../compile/same-function.ts';
import { apiRoles } from '../../declaration/roles.ts';
import type { Declaration } from '../../declaration/types.ts';
import { readingDatabase } from '../database/read-database.ts';
import type { FoundFunction } from '../database/found.ts';
import type { Note } from '../report/notes.ts';
import type { ComparedCell } from './compare-access.ts';

/** Roles by the name of a function, a sequence or a schema. */
export type RolesOf = ReadonlyMap<string, readonly string[]>;

/** Roles beside those that reach tables and views. */
export interface Calls {
  /** Roles whose requests may call a function. */
  readonly requests: RolesOf;
  /** Roles that may execute a function, draw from a sequence or use a schema, also where no request names it. */
  readonly privileges: RolesOf;
}

/**
 * Reads who may call which function.
 *
 * @param isServed tells if requests of a role may call a function that it finds and may execute
 */
export async function readCalls(
  client: pg.ClientBase,
  declaration: Declaration,
  isServed: (fn: FoundFunction, role: string) => boolean,
): Promise<Calls> {
  const roles = apiRoles(declaration).map(({ name }) => name);
  const schemas = [...declaration.schemas, ...declaration.internalSchemas];
  return readingDatabase(client, async (reader) => {
    const functions = (await reader.functions(schemas, roles)).filter(
      ({ kind, of_triggers }) => kind === 'f' && !of_triggers,
    );
    const sequences = await reader.sequences(schemas, roles);
    const outline = await reader.outline();
    return {
      requests: new Map(
        functions
          .filter(({ schema }) => declaration.schemas.includes(schema))
          .map((fn) => [
            fn.signature,
            fn.callable_by.filter((role) => fn.found_by.includes(role) && isServed(fn, role)),
          ]),
      ),
      privileges: new Map([
        ...functions.map(({ signature, callable_by }) => [signature, callable_by] as const),
        ...sequences.map(({ name, usable_by }) => [name, usable_by] as const),
        ...outline.schemas
          .filter(({ name }) => schemas.includes(name))
          .map(({ name, used_by }) => [`schema ${name}`, used_by.filter((role) => roles.includes(role))] as const),
      ]),
    };
  });
}

/** Tests if requests of a role may call a function by a declaration: others that it may execute are no RPCs. */
export function isDeclaredCall(fn: FoundFunction, role: string, declaration: Declaration): boolean {
  return declaration.functions.some((one) => matches(one, fn) && mayCall(role, one, declaration));
}

/** One cell for every function and every role. */
export function compareCalls(before: RolesOf, after: RolesOf, declaration: Declaration): ComparedCell[] {
  const roles = apiRoles(declaration).map(({ name }) => name);
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((object) =>
    roles.map((role) => ({
      object,
      cell: `\`${object}\`, ${role}, call`,
      difference: differenceOf(before.get(object)?.includes(role) ?? false, after.get(object)?.includes(role) ?? false),
    })),
  );
}

/** Names what a role may execute, draw from or use now and could not before: a deploy grants what granted commands need. */
export function widerGrants(before: RolesOf, after: RolesOf): Note[] {
  return [...after].flatMap(([object, roles]) => {
    const wider = roles.filter((role) => !before.get(object)?.includes(role));
    return wider.length === 0 ? [] : [{ reason: 'wider_grant' as const, object, detail: `wider: ${wider.join(', ')}` }];
  });
}

function differenceOf(could: boolean, can: boolean): string | undefined {
  if (could === can) return undefined;
  return could ? 'could be called, is refused' : 'was refused, can be called';
}
