import { createHash } from 'node:crypto';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { COMMANDS } from './commands.ts';
import { checkDistinct, checkName } from './names.ts';
import { policyColumns } from './policy-columns.ts';
import { policyPlace } from './place.ts';
import { checkPolicyRole, effectiveRoles, type Roles } from './roles.ts';
import type { Command, Policy, PolicyInput, PolicyStatement, RelationGrant } from './types.ts';

/**
 * Checks the policies of one table and fills in their commands and names.
 *
 * @param table its place
 */
export function resolvePolicies(
  inputs: readonly PolicyInput[],
  table: string,
  grants: readonly RelationGrant[],
  roles: Roles,
): Policy[] {
  const policies = inputs.map((input, index) =>
    resolvePolicy(input, policyPlace(table, index, input.kind), grants, roles),
  );
  const named = policies.flatMap((policy) => policy.statements.map(({ name }) => ({ name, place: policy.place })));
  checkDistinct(
    named.map(({ name }) => name),
    (index) => `${named[index]!.place}, name`,
    ", or give one of them another name (`name: '...'`)",
  );
  return policies;
}

function resolvePolicy(input: PolicyInput, place: string, grants: readonly RelationGrant[], roles: Roles): Policy {
  const to = typeof input.to === 'string' ? [input.to] : input.to;
  checkDistinct(to, (index) => `${place}, to[${index}]`);
  for (const role of to) checkPolicyRole(role, `${place}, to`, roles);
  for (const column of columnsOf(input)) checkName(column, place);
  if (input.kind === 'valid-between' && input.from === undefined && input.until === undefined) {
    refuse('invalid_declaration', place, 'a policy between two times has neither "from" nor "until"', 'give it one');
  }
  if (input.kind === 'public-rows' && Object.keys(input.where).length === 0) {
    refuse('invalid_declaration', `${place}, where`, 'no condition is given', 'give one, or use allRows');
  }
  const asked = input.for === undefined ? undefined : typeof input.for === 'string' ? [input.for] : input.for;
  checkDistinct(asked ?? [], (index) => `${place}, for[${index}]`);
  const users = to.filter((role) => role !== roles.owner);
  const commands = COMMANDS.filter((command) =>
    asked ? asked.includes(command) : users.length === 0 || users.some((role) => granted(role, command)),
  );
  for (const role of asked ? users : []) {
    const useless = asked?.find((command) => !granted(role, command));
    if (useless) refuseUnused(place, role, useless);
  }
  if (commands.length === 0) refuseUnused(place, to.join(', '), 'do anything');
  const restrictive = input.restrictive ?? false;
  const statements = statementsOf(input, restrictive, commands, to);
  for (const { name } of statements) checkName(name, `${place}, name`);
  return { commands, statements, roles: to, restrictive, place, input };

  function granted(role: string, command: Command): boolean {
    // A policy for a role also binds the roles that inherit it: a grant to one of those makes it useful, too.
    return grants.some(
      (grant) =>
        grant.command === command &&
        (effectiveRoles(role, roles).has(grant.role) || effectiveRoles(grant.role, roles).has(role)),
    );
  }
}

function refuseUnused(place: string, role: string, command: string): never {
  refuse(
    'policy_without_grant',
    place,
    `the policy is for "${role}", which has no grant to ${command} on this table`,
    'add the grant, or narrow the policy with "for" and "to"',
  );
}

function columnsOf(input: PolicyInput): readonly string[] {
  if (input.kind !== 'membership') return policyColumns(input);
  const { key, member, where = {} } = input.through;
  return [...policyColumns(input), key, member, ...Object.keys(where)];
}

/** A given name stays as it is where one policy suffices; otherwise the command is added. */
function statementsOf(
  input: PolicyInput,
  restrictive: boolean,
  commands: readonly Command[],
  to: readonly string[],
): PolicyStatement[] {
  const split = commands.length === COMMANDS.length ? (['all'] as const) : commands;
  return split.map((command) => ({
    command,
    name:
      input.name === undefined
        ? defaultName(input.kind, restrictive, command, to)
        : split.length === 1
          ? input.name
          : `${input.name}_${command}`,
  }));
}

/** Says what the policy does; what would be too long ends in a hash, since Postgres would cut it silently. */
function defaultName(kind: string, restrictive: boolean, command: string, to: readonly string[]): string {
  const name = `${restrictive ? 'only_' : ''}${kind.replaceAll('-', '_')}_${command}_${to.join('_')}`;
  if (name.length <= 63) return name;
  return `${name.slice(0, 52)}_${createHash('sha256').update(name).digest('hex').slice(0, 10)}`;
}
