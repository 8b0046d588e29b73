import type { Command, DeclarationInput, GrantInput, PolicyInput } from '../../../../declaration/index.ts';

const COMMANDS: readonly Command[] = ['select', 'insert', 'update', 'delete'];
const listOf = <T>(value: T | readonly T[]): readonly T[] => (Array.isArray(value) ? (value as T[]) : [value as T]);

type Grant = GrantInput & { readonly relation: string };
export type Policy = PolicyInput & { readonly table: string; readonly commands: readonly Command[] };

/** What a declaration allows, read from its text: the grants and policies of each role. */
export class Rules {
  readonly input: DeclarationInput;
  readonly owner: string;
  readonly anonymous: string | undefined;
  readonly schemas: readonly string[];
  readonly policies: readonly Policy[];
  /** Tables that name members, by `schema.name`. */
  readonly membershipTables: ReadonlySet<string>;
  readonly #grants: readonly Grant[];

  constructor(input: DeclarationInput) {
    this.input = input;
    const { roles, name } = input;
    this.owner = roles.owner ?? `${name}_owner`;
    this.anonymous = typeof roles.anonymous === 'object' ? roles.anonymous.name : roles.anonymous;
    this.schemas = [...input.schemas, ...(input.internalSchemas ?? [])];
    const everywhere = roles.users.flatMap((user) =>
      typeof user === 'object' && user.allRows !== undefined
        ? [{ role: user.name, commands: user.allRows === true ? COMMANDS : listOf(user.allRows) }]
        : [],
    );
    const full = (role: string, commands: readonly Command[]): GrantInput => ({
      to: role,
      ...Object.fromEntries(commands.map((command) => [command, true])),
    });
    this.#grants = [
      ...(input.tables ?? []).flatMap((table) =>
        [...(table.grants ?? []), ...everywhere.map(({ role, commands }) => full(role, commands))].map((grant) => ({
          ...grant,
          relation: this.qualified(table.name),
        })),
      ),
      ...(input.views ?? []).flatMap((view) =>
        [
          ...(view.grants ?? []),
          ...everywhere.filter(({ commands }) => commands.includes('select')).map(({ role }) => full(role, ['select'])),
        ].map((grant) => ({ ...grant, relation: this.qualified(view.name) })),
      ),
    ];
    this.policies = (input.tables ?? []).flatMap((table) => {
      const own: readonly PolicyInput[] = [
        ...(table.policies ?? []),
        ...everywhere.map(({ role, commands }) => ({ kind: 'all-rows' as const, to: role, for: [...commands] })),
      ];
      return own.map((policy) => ({
        ...policy,
        table: this.qualified(table.name),
        commands: this.#commandsOf(policy, this.qualified(table.name)),
      }));
    });
    this.membershipTables = new Set(
      this.policies.flatMap((policy) => (policy.kind === 'membership' ? [this.qualified(policy.through.table)] : [])),
    );
  }

  qualified(name: string): string {
    return name.includes('.') ? name : `${this.input.schemas[0]!}.${name}`;
  }

  /** A role and those that it inherits. */
  inherited(role: string): ReadonlySet<string> {
    const found = new Set<string>([role]);
    for (const name of found) {
      const user = this.input.roles.users.find((each) => typeof each === 'object' && each.name === name);
      for (const more of (typeof user === 'object' ? user.inherits : undefined) ?? []) found.add(more);
    }
    return found;
  }

  /** Tests if a role may use a command on a column; without one, on the relation as a whole. */
  may(role: string, command: Command, relation: string, column?: string): boolean {
    if (role === this.owner) return true;
    const roles = this.inherited(role);
    return this.#grants.some((grant) => {
      const given = grant[command];
      if (grant.relation !== relation || given === undefined || !listOf(grant.to).some((to) => roles.has(to)))
        return false;
      return given === true || (column !== undefined && given.includes(column));
    });
  }

  /** Policies that bind a role with a command. */
  policiesFor(role: string, command: Command, table: string): readonly Policy[] {
    const roles = this.inherited(role);
    return this.policies.filter(
      (policy) =>
        policy.table === table && policy.commands.includes(command) && listOf(policy.to).some((to) => roles.has(to)),
    );
  }

  /** Tests if a role may call a function. */
  mayCall(role: string, name: string): boolean {
    const roles = this.inherited(role);
    return (this.input.functions ?? []).some(
      (each) => this.qualified(each.name) === name && listOf(each.execute ?? []).some((to) => roles.has(to)),
    );
  }

  /** Tests if a policy would be of use: it is for a command that one of its roles, its heirs or what it inherits was granted. */
  isGranted(role: string, command: Command, table: string): boolean {
    return this.#grants.some(
      (grant) =>
        grant.relation === table &&
        grant[command] !== undefined &&
        listOf(grant.to).some((to) => this.inherited(role).has(to) || this.inherited(to).has(role)),
    );
  }

  #commandsOf(policy: PolicyInput, table: string): readonly Command[] {
    if (policy.for !== undefined) return listOf(policy.for);
    const users = listOf(policy.to).filter((role) => role !== this.owner);
    if (users.length === 0) return COMMANDS;
    return COMMANDS.filter((command) => users.some((role) => this.isGranted(role, command, table)));
  }
}
