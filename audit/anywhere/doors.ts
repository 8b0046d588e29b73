import { bodyObjects, isParsed } from './bodies/body-objects.ts';
import { isGranted } from './kept.ts';
import { onceFor } from './once.ts';
import { COMMANDS, type RowCommand, type SurveyedFunction, type SurveyedRelation } from './survey.ts';
import { viewBase } from './view-base.ts';

/** A relation that a request gets to, and the role whose rights count there. */
export interface ReachedRelation {
  readonly relation: SurveyedRelation;
  readonly command: RowCommand;
  readonly as: string;
  /** The object that leads to it; undefined where the request names it. */
  readonly from: Reached | undefined;
}

/** A function that a request gets to. */
export interface ReachedFunction {
  readonly fn: SurveyedFunction;
  /** Role that calls it. */
  readonly as: string;
  /** How: by its name or from such a function, so that the request chooses arguments; from a view; by a write; or otherwise. */
  readonly by: 'call' | 'view' | 'trigger' | 'other';
  readonly from: Reached | undefined;
}

export type Reached = ReachedRelation | ReachedFunction;

/** All that requests of a role get to, each with the shortest way. */
export interface Doors {
  readonly relations: readonly ReachedRelation[];
  readonly functions: readonly ReachedFunction[];
}

/** Follows views, functions, policies, defaults and triggers from what a role's requests can name. */
export const doorsOf = onceFor((audited, role: string): Doors => {
  const { survey, scope, reach } = audited;
  const relations = new Map<string, ReachedRelation>();
  const functions = new Map<string, ReachedFunction>();
  const queue: Reached[] = [];
  const reachRelation = (found: ReachedRelation) => {
    const key = JSON.stringify([found.relation.id, found.command, found.as]);
    if (relations.has(key)) return;
    relations.set(key, found);
    queue.push(found);
  };
  const reachFunction = (found: ReachedFunction) => {
    const key = JSON.stringify([found.fn.id, found.by, found.as]);
    if (functions.has(key)) return;
    functions.set(key, found);
    queue.push(found);
  };
  const call = (fn: SurveyedFunction, as: string, by: ReachedFunction['by'], from: Reached) => {
    if (!fn.of_triggers && reach.holds(as, fn, 'EXECUTE')) reachFunction({ fn, as, by, from });
  };
  const read = (relation: SurveyedRelation, as: string, from: Reached) => {
    if (isGranted(audited, as, relation, 'select')) reachRelation({ relation, command: 'select', as, from });
  };

  const followView = (found: ReachedRelation) => {
    const { relation: view, command, as } = found;
    const user = view.security_invoker ? as : view.owner;
    for (const table of view.reads) read(table, user, found);
    for (const fn of view.calls) call(fn, as, 'view', found);
    const base = command === 'select' || hasOwnWrite(view, command) ? undefined : viewBase(audited, view);
    if (base && isGranted(audited, user, base, command))
      reachRelation({ relation: base, command, as: user, from: found });
  };
  const followRelation = (found: ReachedRelation) => {
    const { relation, command, as } = found;
    if (relation.kind === 'v') followView(found);
    if (!reach.isUnbound(as, relation)) {
      for (const policy of reach.policies(as, relation, command)) {
        for (const fn of policy.calls) call(fn, as, 'other', found);
        for (const table of policy.reads) read(table, as, found);
      }
    }
    if (command === 'select') return;
    if (command === 'insert' && relation.kind !== 'v') {
      for (const fn of relation.calls) call(fn, as, 'other', found);
    }
    for (const { function: fn, on, enabled } of relation.triggers) {
      if (fn && enabled && on.includes(command)) reachFunction({ fn, as, by: 'trigger', from: found });
    }
  };
  const followFunction = (found: ReachedFunction) => {
    const { fn, by } = found;
    const user = fn.security_definer ? fn.owner : found.as;
    const named = bodyObjects(audited, fn);
    for (const { relation, command } of named.relations) {
      const may = isParsed(fn) ? isGranted(audited, user, relation, command) : reach.may(user, relation, command);
      if (may) reachRelation({ relation, command, as: user, from: found });
    }
    for (const called of named.functions) call(called, user, by === 'trigger' ? 'other' : by, found);
  };

  for (const relation of survey.relations) {
    if (!reach.isExposed(relation) || relation.kind === 'S') continue;
    for (const command of COMMANDS) {
      if (reach.may(role, relation, command)) reachRelation({ relation, command, as: role, from: undefined });
    }
  }
  const searched = new Set([...scope.schemas, ...scope.extraSchemas]);
  for (const fn of survey.functions) {
    const computed = fn.of_row !== undefined && searched.has(fn.schema) && reach.may(role, fn.of_row, 'select');
    if (fn.of_triggers || !(reach.isExposed(fn) || computed) || !reach.calls(role, fn)) continue;
    reachFunction({ fn, as: role, by: reach.isExposed(fn) ? 'call' : 'other', from: undefined });
  }
  for (const found of queue) {
    if ('fn' in found) followFunction(found);
    else followRelation(found);
  }
  return { relations: [...relations.values()], functions: [...functions.values()] };
});

/** True if a trigger or a rule of a view takes the place of a write. */
export function hasOwnWrite({ triggers, rules }: SurveyedRelation, command: RowCommand): boolean {
  return (
    triggers.some(({ on, enabled }) => enabled && on.includes(command)) ||
    rules.some((rule) => rule.command === command)
  );
}

/** The object that the request names, for a sentence; undefined where it names the found one itself. */
export function doorOf({ from }: Reached): string | undefined {
  if (!from) return undefined;
  if (from.from) return doorOf(from);
  return 'fn' in from ? from.fn.signature : `${from.relation.schema}.${from.relation.name}`;
}

/** Appends how a request gets to an object that it cannot name. */
export function throughDoor(found: Reached): string {
  const door = doorOf(found);
  return door === undefined ? '' : ` (through ${door})`;
}
