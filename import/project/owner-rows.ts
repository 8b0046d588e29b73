import type { Command, PolicyInput } from '../../declaration/types.ts';
import { COMMANDS } from '../../declaration/commands.ts';
import { mayName, namesIn, type BodyNames } from '../../postgres/catalog/body-names.ts';
import { withoutComments } from '../../postgres/sql-text.ts';
import type { FoundFunction, FoundObjects, FoundRelation } from '../database/found.ts';
import type { Note } from '../report/notes.ts';
import { oneOrMore } from './grants.ts';
import { shownName } from './written-name.ts';

/** Commands of functions that run with their owner's rights, by table. */
export type OwnerRows = ReadonlyMap<string, ReadonlySet<Command>>;

/** Tables that definer functions name, where no policy bound their owner: a policy for the owner lets them go on. */
export function ownerRows(objects: FoundObjects, definers: readonly FoundFunction[]): OwnerRows {
  const rows = new Map<string, Set<Command>>();
  for (const definer of definers) {
    for (const { table, command } of namedTables(definer, objects).filter(({ table }) => isUnbound(table, definer))) {
      rows.set(shownName(table), (rows.get(shownName(table)) ?? new Set<Command>()).add(command));
    }
  }
  return rows;
}

/** Definer functions whose owner was bound by policies of the tables that they name: here all of them have one owner. */
export function boundDefiners(objects: FoundObjects, definers: readonly FoundFunction[]): Note[] {
  return definers.flatMap((definer): Note[] => {
    const bound = namedTables(definer, objects).filter(({ table }) => !isUnbound(table, definer));
    const tables = [...new Set(bound.map(({ table }) => shownName(table)))];
    return tables.length === 0
      ? []
      : [{ reason: 'bound_definer', object: definer.signature, detail: tables.join(', ') }];
  });
}

/** Tables that a definer function names, with the commands that it runs there. */
function namedTables(definer: FoundFunction, { relations, functions }: FoundObjects) {
  return bodies(definer, functions).flatMap(({ tables }) =>
    tables.flatMap((named) => {
      const table = relations.find((relation) => isTable(relation) && mayName(named, relation));
      return table ? [{ table, command: named.command }] : [];
    }),
  );
}

/** The policy that stands for the owner's rights on a table. */
export function ownerPolicies(table: FoundRelation, rows: OwnerRows, owner: string): PolicyInput[] {
  const commands = rows.get(shownName(table));
  if (!commands) return [];
  return [
    { kind: 'all-rows', to: owner, for: oneOrMore(COMMANDS.filter((command) => commands.has(command))) as Command },
  ];
}

/** Names in the body of a function, and in those that it calls with its rights. */
function bodies(fn: FoundFunction, functions: readonly FoundFunction[]): BodyNames[] {
  const found = new Map<FoundFunction, BodyNames>();
  const visit = (one: FoundFunction) => {
    if (found.has(one)) return;
    const names = namesIn(withoutComments(one.body));
    found.set(one, names);
    for (const call of names.calls) functions.filter((called) => mayName(call, called)).forEach(visit);
  };
  visit(fn);
  return [...found.values()];
}

function isTable({ kind }: FoundRelation): boolean {
  return kind === 'r' || kind === 'p';
}

function isUnbound({ row_security, unbound_roles }: FoundRelation, { owner }: FoundFunction): boolean {
  return !row_security || unbound_roles.includes(owner);
}
