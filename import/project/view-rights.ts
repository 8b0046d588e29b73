import type { FoundAccess, FoundObjects, FoundPolicy, FoundRead, FoundRelation } from '../database/found.ts';
import type { Note } from '../report/notes.ts';
import { shownName } from './written-name.ts';

/**
 * The objects as they would be if each view ran with the rights of the one who asks: who may use a view gets what its owner
 * had of the tables below, where no request can name them.
 */
export function withViewRights(
  { relations, policies, ...rest }: FoundObjects,
  exposed: readonly string[],
): { readonly objects: FoundObjects; readonly notes: readonly Note[] } {
  const byName = new Map(relations.map((relation) => [shownName(relation), relation]));
  const bound = new Map(policies.map((policy) => [policy, policy]));
  const notes: Note[] = [];
  const visit = (view: FoundRelation, access: readonly FoundAccess[]) => {
    for (const read of view.reads) {
      const below = byName.get(shownName(read));
      if (!below || access.length === 0) continue;
      const object = shownName(view);
      if (exposed.includes(below.schema)) {
        if (isNarrower(below, access)) notes.push({ reason: 'view_over_exposed', object, detail: shownName(below) });
        continue;
      }
      const passed = access.map((held) => passedOn(held, read));
      const lacked = [...bound.values()].filter((policy) => isOf(policy, below) && policy.roles.includes(view.owner));
      const wider = passed.filter((held) => isWider(held, below, read.unbound, lacked)).map(({ role }) => role);
      const also = wider.length === 0 ? '' : `; wider: ${[...new Set(wider)].join(', ')}`;
      notes.push({ reason: 'view_rights', object, detail: `${shownName(below)}${also}` });
      const changed = withAccess(below, passed, read.unbound);
      byName.set(shownName(below), changed);
      if (!read.unbound) passPolicies(bound, view.owner, below, passed);
      if (below.kind === 'v' && !below.security_invoker) visit(changed, passed);
    }
  };
  for (const view of relations) {
    if (view.kind === 'v' && !view.security_invoker) visit(view, view.access);
  }
  const objects = {
    ...rest,
    relations: relations.map((one) => byName.get(shownName(one))!),
    policies: [...bound.values()],
  };
  return { objects, notes: distinct(notes) };
}

/** Tests if a role could not read all of an exposed table by itself. */
function isNarrower(below: FoundRelation, access: readonly FoundAccess[]): boolean {
  return access.some(
    ({ role, command }) =>
      below.row_security || !below.access.some((held) => held.role === role && held.command === command),
  );
}

/** Tests if a role gets more of a table than it had: also its functions, and other views, reach that now. */
function isWider(
  { role, command, whole, columns }: FoundAccess,
  below: FoundRelation,
  unbound: boolean,
  policies: readonly FoundPolicy[],
): boolean {
  const had = below.access.find((held) => held.role === role && held.command === command);
  if (!had || (!had.whole && (whole || columns.some((column) => !had.columns.includes(column))))) return true;
  if (below.unbound_roles.includes(role) || !below.row_security) return false;
  return unbound || policies.some(({ commands, roles }) => commands.includes(command) && !roles.includes(role));
}

function isOf(policy: FoundPolicy, { schema, name }: FoundRelation): boolean {
  return policy.schema === schema && policy.table === name;
}

function passedOn({ role, command }: FoundAccess, { columns }: FoundRead): FoundAccess {
  return { role, command, whole: command === 'delete' || columns.length === 0, columns };
}

function withAccess(relation: FoundRelation, passed: readonly FoundAccess[], unbound: boolean): FoundRelation {
  const access = [...relation.access];
  for (const held of passed) {
    const at = access.findIndex(({ role, command }) => role === held.role && command === held.command);
    if (at === -1) access.push(held);
    else access[at] = union(access[at]!, held);
  }
  const roles = unbound ? passed.map(({ role }) => role) : [];
  return { ...relation, access, unbound_roles: [...new Set([...relation.unbound_roles, ...roles])] };
}

function union(one: FoundAccess, other: FoundAccess): FoundAccess {
  return {
    ...one,
    whole: one.whole || other.whole,
    columns: [...new Set([...one.columns, ...other.columns])],
  };
}

/** Policies that bound the owner of the view bind its users. */
function passPolicies(
  bound: Map<FoundPolicy, FoundPolicy>,
  owner: string,
  below: FoundRelation,
  passed: readonly FoundAccess[],
): void {
  for (const [original, policy] of bound) {
    if (!isOf(policy, below) || !policy.roles.includes(owner)) continue;
    bound.set(original, { ...policy, roles: [...new Set([...policy.roles, ...passed.map(({ role }) => role)])] });
  }
}

function distinct(notes: readonly Note[]): Note[] {
  const keys = new Set<string>();
  return notes.filter((note) => {
    const key = JSON.stringify(note);
    return !keys.has(key) && keys.add(key);
  });
}
