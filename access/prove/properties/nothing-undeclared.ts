import type { Anywhere } from '../../../audit/anywhere/anywhere.ts';
import { COMMANDS } from '../../../declaration/commands.ts';
import type { Declaration, Table } from '../../../declaration/types.ts';
import type { Property } from '../property.ts';
import { isGranted } from './declared-policies.ts';
import { exceptWithParents } from './with-parents.ts';

/** The property that a role reaches nothing by a command that is not declared for it. */
export function nothingUndeclared(declaration: Declaration, table: Table, audited: Anywhere): Property[] {
  const rolesByCommands = new Map<string, string[]>();
  for (const { name } of declaration.users) {
    const undeclared = COMMANDS.filter((command) => !isGranted(declaration, table, name, command));
    if (undeclared.length === 0) continue;
    const key = undeclared.join(' ');
    rolesByCommands.set(key, [...(rolesByCommands.get(key) ?? []), name]);
  }
  return [...rolesByCommands].map(([key, roles]) => {
    const commands = COMMANDS.filter((command) => key.split(' ').includes(command));
    return exceptWithParents(
      {
        name: 'nothing-undeclared',
        words: `${roles.join(', ')}: no ${commands.join(', ')} on ${table.name}, which is not declared`,
        roles,
        relation: { schema: table.schema, name: table.name },
        commands,
        only: 'false',
      },
      audited,
    );
  });
}
