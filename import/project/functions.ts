import type { FunctionInput } from '../../declaration/types.ts';
import type { FoundFunction, FoundTrigger } from '../database/found.ts';
import type { Note } from '../report/notes.ts';
import { withoutHeirs, type Inheritance } from './inheritance.ts';
import { groupBy } from '../../audit/group-by.ts';
import { oneOrMore } from './grants.ts';
import { shownName, writtenName } from './written-name.ts';

/** Functions of the declaration, and statements of the migrations about them. */
export interface ImportedFunctions {
  readonly functions: readonly FunctionInput[];
  /** Statements that make functions fit for a deploy. */
  readonly repairs: readonly string[];
  /** Functions with their owner's rights that requests reach. */
  readonly definers: readonly FoundFunction[];
  readonly notes: readonly Note[];
}

interface FunctionContext {
  readonly exposed: readonly string[];
  /** Schemas in which functions find names. */
  readonly searched: readonly string[];
  readonly inheritance: Inheritance;
}

/** Settings that the audit takes for a change of rights or claims. */
const CROSSING = /^(role|session_authorization|session_replication_role|row_security|request\..*)=/;

export function importFunctions(
  found: readonly FoundFunction[],
  triggers: readonly FoundTrigger[],
  context: FunctionContext,
): ImportedFunctions {
  const notes: Note[] = [];
  const repairs: string[] = [];
  const definers: FoundFunction[] = [];
  const fired = new Set(triggers.filter((trigger) => trigger.security_definer).map((trigger) => trigger.function));
  for (const fn of found) {
    const object = fn.signature;
    if (fn.leakproof || !fn.trusted) notes.push({ reason: 'untrusted_function', object });
    if (!fn.security_definer) continue;
    const isReached = fired.has(fn.signature) || callers(fn, context).length > 0;
    if (!isReached) continue;
    definers.push(fn);
    if (!fn.settings.some((setting) => setting.startsWith('search_path='))) {
      repairs.push(`ALTER ROUTINE ${fn.signature} SET search_path = ${pathOf(fn, context)}`);
      notes.push({ reason: 'search_path', object });
    }
  }
  for (const fn of found) {
    notes.push(
      ...fn.superuser_settings.map((detail): Note => ({ reason: 'superuser_setting', object: fn.signature, detail })),
    );
    for (const setting of fn.settings.filter((one) => CROSSING.test(one))) {
      const name = setting.slice(0, setting.indexOf('='));
      repairs.push(`ALTER ROUTINE ${fn.signature} RESET ${name}`);
      notes.push({ reason: 'crossing_setting', object: fn.signature, detail: name });
    }
  }
  return { functions: declared(found, context), repairs, definers, notes };
}

/** Roles that may call a function: those who find it by name, and everyone where something calls it for them. */
function callers(
  { schema, kind, of_triggers, callable_by, found_by, needed }: FoundFunction,
  context: FunctionContext,
) {
  if (of_triggers || kind !== 'f') return [];
  if (context.exposed.includes(schema) || !needed) return callable_by.filter((role) => found_by.includes(role));
  return callable_by;
}

function declared(found: readonly FoundFunction[], context: FunctionContext): FunctionInput[] {
  const overloads = groupBy(
    found.filter((fn) => !fn.leakproof && fn.trusted),
    shownName,
  );
  return [...overloads.values()].flatMap((fns) => {
    const inputs = fns.flatMap((fn) => {
      const roles = withoutHeirs(callers(fn, context), context.inheritance);
      if (roles.length === 0) return [];
      const input: FunctionInput = {
        name: writtenName(fn, context.exposed),
        execute: oneOrMore(roles),
        ...(fn.security_definer && { securityDefiner: true }),
      };
      return [{ fn, input }];
    });
    // Where all overloads are alike, one entry is for every one.
    const alike = new Set(inputs.map(({ input }) => JSON.stringify(input)));
    if (inputs.length === fns.length && alike.size === 1) return [inputs[0]!.input];
    return inputs.map(({ fn, input }) => ({ ...input, arguments: fn.arguments }));
  });
}

/** The search path that the function was written for: its own schema, the others, and at last temporary objects. */
function pathOf({ schema }: FoundFunction, { searched }: FunctionContext): string {
  const path = [...new Set([schema, ...searched, 'public'])];
  return [...path.map((name) => `"${name.replaceAll('"', '""')}"`), 'pg_temp'].join(', ');
}
