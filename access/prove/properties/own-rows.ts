import { columnConditions } from '../../../compile/condition.ts';
import { mayCall } from '../../../compile/may-call.ts';
import type { Anywhere } from '../../../audit/anywhere/anywhere.ts';
import { COMMANDS } from '../../../declaration/commands.ts';
import type { Declaration, Policy, Table } from '../../../declaration/types.ts';
import type { RowCommand } from '../../../audit/anywhere/survey.ts';
import { namesIn } from '../../../postgres/catalog/body-names.ts';
import type { Property } from '../property.ts';
import { anyOf, columnIsClaim } from './claim-sql.ts';
import { bindingPolicies, isGranted } from './declared-policies.ts';
import { exceptWithParents } from './with-parents.ts';

const VERBS: Readonly<Record<RowCommand, string>> = {
  select: 'reads',
  insert: 'inserts',
  update: 'updates',
  delete: 'deletes',
};

/**
 * The property that nobody but the owner does a command: where each permissive policy for a role is one of own rows. For
 * reads, not where a function that is declared to run with its owner's rights reads the table for the role.
 */
export function ownRowsProperties(declaration: Declaration, table: Table, audited: Anywhere): Property[] {
  const found = new Map<string, { readonly only: string; readonly roles: readonly string[]; commands: RowCommand[] }>();
  for (const command of COMMANDS) {
    const byCondition = new Map<string, string[]>();
    for (const { name } of declaration.users) {
      const isLent = command === 'select' && isReadForRole(declaration, table, name, audited);
      const only =
        isGranted(declaration, table, name, command) && !isLent
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
  return [...found.values()].map(({ only, roles, commands }) =>
    exceptWithParents(
      {
        name: 'own-rows',
        words: `nobody but the owner ${commands.map((command) => VERBS[command]).join(', ')} a row of ${table.name}`,
        roles,
        relation: { schema: table.schema, name: table.name },
        commands,
        only,
      },
      audited,
    ),
  );
}

/** True if a declared function reads the table for a role, past its policies. */
function isReadForRole(declaration: Declaration, table: Table, role: string, { survey, texts }: Anywhere): boolean {
  const declared = declaration.functions.filter((fn) => fn.securityDefiner && mayCall(role, fn, declaration));
  if (declared.length === 0) return false;
  const found = survey.functions.filter((fn) =>
    declared.some(({ schema, name }) => fn.schema === schema && fn.name === name),
  );
  return found.some(
    (fn) =>
      fn.reads.some(({ schema, name }) => schema === table.schema && name === table.name) ||
      namesIn(texts.bodyOf(fn)).tables.some(({ name }) => name === table.name),
  );
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
