import { columnConditions } from '../../../compile/condition.ts';
import { COMMANDS } from '../../../declaration/commands.ts';
import type { Declaration, Policy, Table } from '../../../declaration/types.ts';
import type { RowCommand } from '../../../audit/anywhere/survey.ts';
import type { Property } from '../property.ts';
import { anyOf, columnIsClaim } from './claim-sql.ts';
import { bindingPolicies, isGranted } from './declared-policies.ts';

const VERBS: Readonly<Record<RowCommand, string>> = {
  select: 'reads',
  insert: 'inserts',
  update: 'updates',
  delete: 'deletes',
};

/** The property that nobody but the owner does a command: where each permissive policy for a role is one of own rows. */
export function ownRowsProperties(declaration: Declaration, table: Table): Property[] {
  const found = new Map<string, { readonly only: string; readonly roles: readonly string[]; commands: RowCommand[] }>();
  for (const command of COMMANDS) {
    const byCondition = new Map<string, string[]>();
    for (const { name } of declaration.users) {
      const only = isGranted(declaration, table, name, command)
        ? ownRows(bindingPolicies(declaration, table, name, command))
        : undefined;
      if (only !== undefined) byCondition.set(only, [...(byCondition.get(only) ?? []), name]);
    }
    for (const [only, roles] of byCondition) {
      const key = JSON.stringify([only, roles]);
      const known = found.get(key) ?? { only, roles, commands: [] };
      known.commands.push(command);
      found.set(key, known);
    }
  }
  return [...found.values()].map(({ only, roles, commands }) => ({
    name: 'own-rows',
    words: `nobody but the owner ${commands.map((command) => VERBS[command]).join(', ')} a row of ${table.name}`,
    roles,
    relation: { schema: table.schema, name: table.name },
    commands,
    only,
  }));
}

function ownRows(binding: readonly Policy[]): string | undefined {
  const open = binding.filter(({ restrictive }) => !restrictive).map(({ input }) => input);
  if (!open.some(({ kind }) => kind === 'own-rows')) return undefined;
  const conditions = open.map((input) => {
    if (input.kind === 'own-rows') return columnIsClaim(input.column, input.claim, input.type);
    return input.kind === 'public-rows' ? columnConditions(input.where).join(' AND ') : undefined;
  });
  return conditions.includes(undefined) ? undefined : anyOf(conditions as string[]);
}
