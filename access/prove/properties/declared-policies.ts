import { effectiveRoles } from '../../../declaration/roles.ts';
import type { Command, Declaration, Policy, Table } from '../../../declaration/types.ts';

/** True if the command is declared for a role, or for one that it inherits. */
export function isGranted(declaration: Declaration, { grants }: Table, role: string, command: Command): boolean {
  const roles = effectiveRoles(role, declaration);
  return grants.some((grant) => grant.command === command && roles.has(grant.role));
}

/** Policies of a table that bind a role for a command. */
export function bindingPolicies(
  declaration: Declaration,
  { policies }: Table,
  role: string,
  command: Command,
): readonly Policy[] {
  const roles = effectiveRoles(role, declaration);
  return policies.filter((policy) => policy.commands.includes(command) && policy.roles.some((name) => roles.has(name)));
}

/** True if a policy declares every row for the role. */
export function hasAllRows(declaration: Declaration, table: Table, role: string, command: Command): boolean {
  return bindingPolicies(declaration, table, role, command).some(
    ({ input, restrictive }) => !restrictive && input.kind === 'all-rows',
  );
}
