import type { Command, PolicyInput } from '../../declaration/types.ts';
import type { FoundPolicy, FoundRelation } from '../database/found.ts';
import { ALL_ROWS, type Alternative, type Recognised, type Template } from '../policies/template.ts';
import type { Note } from '../report/notes.ts';
import { oneOrMore, type Extent, type Extents } from './grants.ts';
import { groupBy } from '../../audit/group-by.ts';
import { withoutHeirs, type Inheritance } from './inheritance.ts';
import { plainName, shownName } from './written-name.ts';

const COMMANDS: readonly Command[] = ['select', 'insert', 'update', 'delete'];

/** A policy with its recognised conditions; `check` is that of written rows, where it is another one. */
export interface RecognisedPolicy {
  readonly policy: FoundPolicy;
  readonly using?: Recognised;
  readonly check?: Recognised;
  /** Both conditions as they are, for a policy that no template stands for. */
  readonly custom: Recognised;
}

export interface TablePolicies {
  readonly extents: Extents;
  readonly policies: readonly PolicyInput[];
  readonly notes: readonly Note[];
}

/** One command of a policy, for one role. */
interface Rule {
  readonly role: string;
  readonly command: Command;
  readonly template: Template;
  readonly restrictive: boolean;
  /** Name of the imported policy. @default it stands for a right without a policy */
  readonly name?: string;
}

/** The policies of a table, and the grants that reach rows by them. */
export function tablePolicies(
  relation: FoundRelation,
  recognised: readonly RecognisedPolicy[],
  held: Extents,
  { inheritance, isExposed }: { inheritance: Inheritance; isExposed: boolean },
): TablePolicies {
  const object = shownName(relation);
  const notes: Note[] = [];
  const rules = [
    ...rightsWithoutPolicy(relation, isExposed ? notes : []),
    ...recognised.flatMap((policy) => rulesOf(relation, policy, notes)),
  ];
  const serves = (role: string, command: Command) =>
    rules.some((rule) => !rule.restrictive && rule.command === command && rule.role === role);
  const extents = new Map<string, Map<Command, Extent>>([...held.keys()].map((role) => [role, new Map()]));
  for (const [role, commands] of held) {
    const lost = [...commands].filter(([command]) => !serves(role, command));
    for (const [command, extent] of commands) if (serves(role, command)) add(extents, role, command, extent);
    // A policy may be for roles that inherit the grant only.
    for (const [command, extent] of lost) {
      const heirs = [...inheritance.keys()].filter(
        (heir) => inheritance.get(heir)!.includes(role) && serves(heir, command),
      );
      for (const heir of withoutHeirs(heirs, inheritance)) add(extents, heir, command, extent);
    }
    const detail = `${role}: ${lost.map(([command]) => command).join(', ')}`;
    if (lost.length > 0) notes.push({ reason: 'grant_without_rows', object, detail });
  }
  return { extents, policies: policyInputs(rules, extents, inheritance), notes };
}

/** Adds an extent to those that a role has. */
function add(extents: Map<string, Map<Command, Extent>>, role: string, command: Command, extent: Extent): void {
  const commands = extents.get(role) ?? new Map<Command, Extent>();
  const before = commands.get(command) ?? [];
  commands.set(command, before === true || extent === true ? true : [...new Set([...before, ...extent])]);
  extents.set(role, commands);
}

/** Every row for the roles that no policy bound. */
function rightsWithoutPolicy({ row_security, unbound_roles, access, ...name }: FoundRelation, notes: Note[]): Rule[] {
  const object = shownName(name);
  const unbound = access.filter(({ role }) => !row_security || unbound_roles.includes(role));
  if (unbound.length === 0) return [];
  const roles = [...new Set(unbound.map(({ role }) => role))].join(', ');
  notes.push({ reason: row_security ? 'unbound_role' : 'row_security_off', object, detail: roles });
  return unbound.map(({ role, command }) => ({ role, command, template: ALL_ROWS, restrictive: false }));
}

function rulesOf(relation: FoundRelation, recognised: RecognisedPolicy, notes: Note[]): Rule[] {
  const { policy } = recognised;
  const object = `${policy.name} on ${shownName(relation)}`;
  const bound = policy.roles.filter((role) => !relation.unbound_roles.includes(role));
  const rules = policy.commands.flatMap((command): Rule[] => {
    const condition = conditionFor(command, recognised);
    if ('problem' in condition) {
      if (!notes.some((note) => note.reason === 'rejected_condition' && note.object === object))
        notes.push({ reason: 'rejected_condition', object, detail: condition.problem });
      return [];
    }
    return condition.alternatives.flatMap(({ template, roles }: Alternative) =>
      bound
        .filter((role) => !roles || roles.includes(role))
        .filter((role) => relation.access.some((held) => held.role === role && held.command === command))
        .map((role) => ({ role, command, template, restrictive: !policy.permissive, name: policy.name })),
    );
  });
  if (rules.length === 0 && !notes.some((note) => note.object === object))
    notes.push({ reason: 'policy_without_grant', object });
  if (rules.some(({ template }) => template.kind === 'custom')) notes.push({ reason: 'custom_policy', object });
  return rules;
}

/** Rows that are read or removed have to pass one condition, added ones the other, changed ones both. */
function conditionFor(command: Command, { using, check, custom }: RecognisedPolicy): Recognised {
  switch (command) {
    case 'select':
    case 'delete':
      return using ?? custom;
    case 'insert':
      return check ?? using ?? custom;
    case 'update':
      return check === undefined || same(using, check) ? (using ?? custom) : custom;
  }
}

function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}

/** Rules as they are written: those with the same condition are one policy. */
function policyInputs(rules: readonly Rule[], extents: Extents, inheritance: Inheritance): PolicyInput[] {
  const inputs = [
    ...groupBy(rules, ({ template, restrictive }) => JSON.stringify([template, restrictive])).values(),
  ].flatMap((alike) => {
    const commandsOf = (role: string) =>
      COMMANDS.filter(
        (command) =>
          isUseful(role, command, extents, inheritance) &&
          alike.some((rule) => rule.role === role && rule.command === command),
      );
    const roles = [...new Set(alike.map(({ role }) => role))].filter((role) => commandsOf(role).length > 0);
    const groups = groupBy(roles, (role) => commandsOf(role).join());
    return [...groups.values()].map((group) => {
      const commands = commandsOf(group[0]!);
      const to = withoutHeirs(group, inheritance);
      const granted = COMMANDS.filter((command) => to.some((role) => isUseful(role, command, extents, inheritance)));
      const { template, restrictive, name } = alike[0]!;
      return {
        name,
        input: {
          ...forCommands(template, commands),
          to: oneOrMore(to),
          ...(commands.length < granted.length && { for: oneOrMore(commands) as Command }),
          ...(restrictive && { restrictive: true }),
        },
      };
    });
  });
  return named(inputs);
}

/** A condition of the user without the half that none of the commands has. */
function forCommands(template: Template, commands: readonly Command[]): Template {
  if (template.kind !== 'custom' || !template.check) return template;
  const [reads, writes] = [commands.some((command) => command !== 'insert'), commands.some(isWriting)];
  if (reads && writes) return template;
  return { kind: 'custom', using: reads ? template.using : template.check };
}

function isWriting(command: Command): boolean {
  return command === 'insert' || command === 'update';
}

/** A policy binds the heirs of its roles as well, and is of use where any of them has the grant. */
function isUseful(role: string, command: Command, extents: Extents, inheritance: Inheritance): boolean {
  return [...extents].some(
    ([granted, commands]) =>
      commands.has(command) &&
      (granted === role || inheritance.get(granted)?.includes(role) || inheritance.get(role)?.includes(granted)),
  );
}

/** Where the names that a declaration makes would be the same twice, and for conditions of the user, the old name stays. */
function named(inputs: readonly { readonly name: string | undefined; readonly input: PolicyInput }[]): PolicyInput[] {
  const taken = new Set<string>();
  const kinds = groupBy(inputs, ({ input }) => JSON.stringify([input.kind, input.to, input.restrictive]));
  return inputs.map(({ name, input }) => {
    const alike = kinds.get(JSON.stringify([input.kind, input.to, input.restrictive]))!;
    if (input.kind !== 'custom' && alike.length === 1) return input;
    const base = plainName(name ?? input.kind);
    let free = base;
    for (let count = 2; taken.has(free); count++) free = `${base}_${count}`;
    taken.add(free);
    return { ...input, name: free };
  });
}
