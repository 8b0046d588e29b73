import type { Command, PolicyInput } from '../../declaration/types.ts';
import { COMMANDS } from '../../declaration/commands.ts';
import { mayName, namesIn, type BodyNames } from '../../postgres/catalog/body-names.ts';
import { withoutComments } from '../../postgres/sql-text.ts';
import type { FoundFunction, FoundObjects, FoundRelation } from '../database/found.ts';
import { oneOrMore } from './grants.ts';
import { shownName } from './written-name.ts';

/** Commands of functions that run with their owner's rights, by table. */
export type OwnerRows = ReadonlyMap<string, ReadonlySet<Command>>;

/** Tables that definer functions name, where no policy bound their owner: a policy for the owner lets them go on. */
export function ownerRows({ relations, functions }: FoundObjects, definers: readonly FoundFunction[]): OwnerRows {
  const rows = new Map<string, Set<Command>>();
  for (const definer of definers) {
    for (const named of bodies(definer, functions).flatMap(({ tables }) => tables)) {
      const table = relations.find((relation) => mayName(named, relation));
      if (!table || !isUnbound(table, definer)) continue;
      rows.set(shownName(table), (rows.get(shownName(table)) ?? new Set<Command>()).add(named.command));
    }
  }
  return rows;
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

function isUnbound({ kind, row_security, unbound_roles }: FoundRelation, { owner }: FoundFunction): boolean {
  return (kind === 'r' || kind === 'p') && (!row_security || unbound_roles.includes(owner));
}
