import { COMMANDS } from '../../declaration/commands.ts';
import type {
  Command,
  DeclarationInput,
  GrantInput,
  PolicyInput,
  TableInput,
  UserRoleInput,
  ViewInput,
} from '../../declaration/types.ts';
import type { Note } from '../report/notes.ts';
import { oneOrMore } from './grants.ts';

/** Says once of a role that it reaches every row, where each table and view says so. */
export function withAllRowsRoles(input: DeclarationInput): {
  readonly input: DeclarationInput;
  readonly notes: readonly Note[];
} {
  const reached = new Map(
    input.roles.users.map(userOf).flatMap(({ name, inherits }): [string, readonly Command[]][] => {
      const commands = inherits ? undefined : commandsOf(name, input);
      return commands ? [[name, commands]] : [];
    }),
  );
  if (reached.size === 0) return { input, notes: [] };
  const roles = [...reached.keys()];
  return {
    input: {
      ...input,
      roles: { ...input.roles, users: input.roles.users.map((user) => shortened(user, reached)) },
      ...(input.tables && { tables: input.tables.map((table) => tableWithout(table, roles)) }),
      ...(input.views && { views: input.views.map((view) => viewWithout(view, reached)) }),
    },
    notes: [...reached].map(([object, commands]) => ({
      reason: 'all_rows_role',
      object,
      detail: commands.join(', '),
    })),
  };
}

/** The commands of a role on every row of every table; undefined where tables differ. One table says nothing of the next. */
function commandsOf(role: string, { tables = [], views = [] }: DeclarationInput): readonly Command[] | undefined {
  if (tables.length < 2) return undefined;
  const [first = '', ...others] = new Set(tables.map((table) => reachedIn(table, role).join()));
  const commands = COMMANDS.filter((command) => first.split(',').includes(command));
  if (others.length > 0 || commands.length === 0) return undefined;
  const readsViews = views.every(({ grants = [] }) => wholeGrants(grants, role).includes('select'));
  return commands.includes('select') && !readsViews ? undefined : commands;
}

/** The commands of a role on whole rows that a policy opens; none where any grant is for some columns or rows only. */
function reachedIn({ grants = [], policies = [] }: TableInput, role: string): readonly Command[] {
  const granted = wholeGrants(grants, role);
  const open = policies
    .filter((policy) => isOpen(policy) && names(policy.to).includes(role))
    .flatMap((policy) => policy.for ?? granted);
  const isOpened = granted.every((command) => open.includes(command));
  return isOpened && !hasColumns(grants, role) ? granted : [];
}

function wholeGrants(grants: readonly GrantInput[], role: string): readonly Command[] {
  const own = grants.filter(({ to }) => names(to).includes(role));
  return COMMANDS.filter((command) => own.some((grant) => grant[command] === true));
}

function hasColumns(grants: readonly GrantInput[], role: string): boolean {
  return grants.some((grant) => names(grant.to).includes(role) && COMMANDS.some((one) => Array.isArray(grant[one])));
}

function isOpen({ kind, restrictive = false }: PolicyInput): boolean {
  return kind === 'all-rows' && !restrictive;
}

function shortened(user: string | UserRoleInput, reached: ReadonlyMap<string, readonly Command[]>) {
  const input = userOf(user);
  const commands = reached.get(input.name);
  if (!commands) return user;
  return { ...input, allRows: commands.length === COMMANDS.length ? true : (oneOrMore(commands) as Command) } as const;
}

function tableWithout({ grants = [], policies = [], ...table }: TableInput, roles: readonly string[]): TableInput {
  const otherGrants = grants.flatMap((grant) => without(grant, roles));
  const otherPolicies = policies.flatMap((policy) => (isOpen(policy) ? without(policy, roles) : [policy]));
  return {
    ...table,
    ...(otherGrants.length > 0 && { grants: otherGrants }),
    ...(otherPolicies.length > 0 && { policies: otherPolicies }),
  };
}

/** A view keeps what `allRows` does not bring. */
function viewWithout({ grants = [], ...view }: ViewInput, reached: ReadonlyMap<string, readonly Command[]>): ViewInput {
  const readers = [...reached].filter(([, commands]) => commands.includes('select')).map(([role]) => role);
  const others = grants.flatMap((grant): GrantInput[] => {
    const kept = names(grant.to).filter((role) => readers.includes(role));
    const more = COMMANDS.filter((command) => command !== 'select' && grant[command] !== undefined);
    const rest = Object.fromEntries(more.map((command) => [command, grant[command]]));
    return [...without(grant, readers), ...(kept.length * more.length > 0 ? [{ to: oneOrMore(kept), ...rest }] : [])];
  });
  return { ...view, ...(others.length > 0 && { grants: others }) };
}

function without<Item extends { readonly to: string | readonly string[] }>(
  item: Item,
  roles: readonly string[],
): Item[] {
  const others = names(item.to).filter((role) => !roles.includes(role));
  return others.length === 0 ? [] : [{ ...item, to: oneOrMore(others) }];
}

function userOf(user: string | UserRoleInput): UserRoleInput {
  return typeof user === 'string' ? { name: user } : user;
}

function names(to: string | readonly string[]): readonly string[] {
  return typeof to === 'string' ? [to] : to;
}
