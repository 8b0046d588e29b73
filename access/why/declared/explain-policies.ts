import { effectiveRoles } from '../../../declaration/roles.ts';
import type { Command, Declaration, Policy, PolicyInput, Table } from '../../../declaration/types.ts';

/** Explains why policies reject a row that a role writes. */
export function explainPolicies(
  table: Table,
  declaration: Declaration,
  role: string,
  commands: readonly Command[],
): string {
  const place = `${table.schema}.${table.name}`;
  const what = commands.join(' or ') || 'write';
  const roles = effectiveRoles(role, declaration);
  const binding = table.policies.filter(
    (policy) =>
      policy.roles.some((bound) => roles.has(bound)) &&
      (commands.length === 0 || commands.some((command) => policy.commands.includes(command))),
  );
  const permissive = binding.filter(({ restrictive }) => !restrictive);
  if (permissive.length === 0) return `no policy lets ${role} ${what} rows of ${place}`;
  const restrictive = binding.filter((policy) => policy.restrictive);
  const named = (policies: readonly Policy[]) => policies.map((policy) => describePolicy(policy, commands)).join(', ');
  return [
    `${role} may ${what} only rows of ${place} that a policy allows: ${named(permissive)}`,
    ...(restrictive.length === 0 ? [] : [`and that all of these allow: ${named(restrictive)}`]),
  ].join('; ');
}

/** Names as Postgres has them, so that they can be found there, and the template. */
function describePolicy({ statements, input }: Policy, commands: readonly Command[]): string {
  const names = statements
    .filter(({ command }) => command === 'all' || commands.length === 0 || commands.includes(command))
    .map(({ name }) => `"${name}"`);
  return `${names.join(', ')}: ${describeTemplate(input)}`;
}

function describeTemplate(input: PolicyInput): string {
  switch (input.kind) {
    case 'own-rows':
    case 'tenant':
    case 'claim-list':
    case 'membership':
      return `${input.kind} (${input.column} by the claim ${[input.claim].flat().join('.')})`;
    case 'public-rows':
      return `${input.kind} (${Object.entries(input.where)
        .map(([column, value]) => `${column} = ${value}`)
        .join(', ')})`;
    case 'valid-between':
      return `${input.kind} (${[input.from, input.until].filter((column) => column !== undefined).join(', ')})`;
    case 'custom':
      return `${input.kind} (${input.check?.file ?? input.using.file})`;
    case 'all-rows':
      return input.kind;
  }
}
