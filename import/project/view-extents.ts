import type { FoundAccess, FoundRead, FoundRelation } from '../database/found.ts';
import type { Command } from '../../declaration/types.ts';
import type { Note } from '../report/notes.ts';
import { extentsOf, type Extents } from './grants.ts';
import type { Inheritance } from './inheritance.ts';
import { shownName } from './written-name.ts';

/** A relation below a view, as far as roles may use it. */
interface Below {
  readonly read: FoundRead;
  readonly extents: Extents;
}

const CLOSED: Extents = new Map();

/**
 * The privileges on each view that its tables serve. A view runs with the rights of the one who asks: without a privilege
 * below, each request fails.
 *
 * @param tables privileges on tables, by their full name
 */
export function viewExtents(
  relations: readonly FoundRelation[],
  tables: ReadonlyMap<string, Extents>,
  inheritance: Inheritance,
): { readonly extents: ReadonlyMap<string, Extents>; readonly notes: readonly Note[] } {
  const notes: Note[] = [];
  const byName = new Map(relations.map((relation) => [shownName(relation), relation]));
  const found = new Map<string, Extents>();
  const visit = (view: FoundRelation): Extents => {
    const object = shownName(view);
    const known = tables.get(object) ?? found.get(object);
    if (known) return known;
    if (view.kind !== 'v') return CLOSED;
    const below = view.reads.flatMap((read): Below[] => {
      const relation = byName.get(shownName(read));
      return relation ? [{ read, extents: visit(relation) }] : [];
    });
    const isServed = (held: FoundAccess) => serves(view, below, held, inheritance);
    const lost = view.access.filter((held) => !isServed(held)).map(({ role, command }) => `${command} of ${role}`);
    if (lost.length > 0) notes.push({ reason: 'view_without_table', object, detail: lost.join(', ') });
    const extents = extentsOf({ access: view.access.filter(isServed) }, inheritance);
    found.set(object, extents);
    return extents;
  };
  relations.forEach(visit);
  return { extents: found, notes };
}

function serves(
  { passed_on }: FoundRelation,
  below: readonly Below[],
  { role, command }: FoundAccess,
  inheritance: Inheritance,
): boolean {
  const roles = [role, ...(inheritance.get(role) ?? [])];
  if (command === 'select') return below.every(({ read, extents }) => mayRead(roles, extents, read.columns));
  return !passed_on.includes(command) || below.some(({ extents }) => heldBy(roles, extents, command).length > 0);
}

function mayRead(roles: readonly string[], extents: Extents, columns: readonly string[]): boolean {
  const held = heldBy(roles, extents, 'select');
  if (held.includes(true)) return true;
  const readable = held.flatMap((extent) => (extent === true ? [] : extent));
  return readable.length > 0 && columns.every((column) => readable.includes(column));
}

function heldBy(roles: readonly string[], extents: Extents, command: Command) {
  return roles.map((role) => extents.get(role)?.get(command)).filter((extent) => extent !== undefined);
}
