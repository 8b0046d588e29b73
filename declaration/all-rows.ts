import { allRows } from './policies.ts';
import type { Command, DeclarationInput, UserRoleInput } from './types.ts';

const COMMANDS: readonly Command[] = ['select', 'insert', 'update', 'delete'];

/** Writes out the roles that reach every row: a grant and a policy on each declared table, and a grant on each view. */
export function withAllRows(input: DeclarationInput): DeclarationInput {
  const roles = input.roles.users
    .filter((user) => typeof user !== 'string')
    .filter((user) => user.allRows !== undefined);
  if (roles.length === 0) return input;
  return {
    ...input,
    tables: (input.tables ?? []).map((table) => ({
      ...table,
      grants: [...(table.grants ?? []), ...roles.map((role) => grantOf(role, commandsOf(role)))],
      policies: [...(table.policies ?? []), ...roles.map((role) => allRows({ to: role.name, for: commandsOf(role) }))],
    })),
    views: (input.views ?? []).map((view) => ({
      ...view,
      grants: [
        ...(view.grants ?? []),
        ...roles.filter((role) => commandsOf(role).includes('select')).map((role) => grantOf(role, ['select'])),
      ],
    })),
  };
}

function commandsOf({ allRows: commands = [] }: UserRoleInput): readonly Command[] {
  if (commands === true) return COMMANDS;
  return typeof commands === 'string' ? [commands] : commands;
}

function grantOf({ name }: UserRoleInput, commands: readonly Command[]) {
  return { to: name, ...Object.fromEntries(commands.map((command) => [command, true] as const)) };
}
