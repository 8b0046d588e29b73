import type { Command, GrantInput } from '../../declaration/types.ts';
import type { FoundAccess, FoundRelation } from '../database/found.ts';
import { groupBy } from '../../audit/group-by.ts';
import type { Inheritance } from './inheritance.ts';

const COMMANDS: readonly Command[] = ['select', 'insert', 'update', 'delete'];

/** True for the whole relation, or the columns. */
export type Extent = true | readonly string[];

/** Extents by role, and by command. */
export type Extents = ReadonlyMap<string, ReadonlyMap<Command, Extent>>;

/** The privileges of each role, without what it inherits from a declared one. */
export function extentsOf({ access }: Pick<FoundRelation, 'access'>, inheritance: Inheritance): Extents {
  const extents = new Map<string, Map<Command, Extent>>();
  for (const held of access) {
    const parents = inheritance.get(held.role) ?? [];
    const inherited = access.filter(({ role, command }) => command === held.command && parents.includes(role));
    const extent = beyond(held, inherited);
    if (extent !== undefined)
      extents.set(held.role, (extents.get(held.role) ?? new Map<Command, Extent>()).set(held.command, extent));
  }
  return extents;
}

function beyond(held: FoundAccess, inherited: readonly FoundAccess[]): Extent | undefined {
  if (inherited.some(({ whole }) => whole)) return undefined;
  if (held.whole) return true;
  const columns = held.columns.filter((column) => !inherited.some((parent) => parent.columns.includes(column)));
  return columns.length > 0 ? columns : undefined;
}

/** Extents as they are written: roles with the same privileges share an entry. */
export function grantInputs(extents: Extents): GrantInput[] {
  const entries = [...extents].map(([role, held]) => ({
    role,
    privileges: Object.fromEntries(
      COMMANDS.flatMap((command) => (held.has(command) ? [[command, held.get(command)]] : [])),
    ),
  }));
  const groups = groupBy(
    entries.filter(({ privileges }) => Object.keys(privileges).length > 0),
    ({ privileges }) => JSON.stringify(privileges),
  );
  return [...groups.values()].map((group) => ({
    to: oneOrMore(group.map(({ role }) => role)),
    ...group[0]!.privileges,
  }));
}

/** One name stands alone. */
export function oneOrMore(names: readonly string[]): string | readonly string[] {
  return names.length === 1 ? names[0]! : names;
}
