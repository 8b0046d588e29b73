import { checkRoleSetting } from '../../declaration/roles.ts';
import type { RolesInput, UserRoleInput } from '../../declaration/types.ts';
import type { FoundRole } from '../database/found.ts';
import type { Note } from '../report/notes.ts';
import type { Choices } from './choices.ts';
import { directParents, type Inheritance } from './inheritance.ts';
import { isAccepted, isSecret } from './settings.ts';

/** Milliseconds of Postgres' units of time (documentation, "Parameter Interaction via the Configuration File"). */
const UNITS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** The roles of the declaration, with what they are set to. */
export function importRoles(
  found: readonly FoundRole[],
  { anonymous, users, authenticator }: Choices,
  inheritance: Inheritance,
): { readonly roles: RolesInput; readonly notes: readonly Note[] } {
  const notes: Note[] = [];
  const inputOf = (name: string): UserRoleInput => {
    const role = found.find((candidate) => candidate.name === name);
    const { statementTimeoutMs, settings } = settingsOf(name, role?.settings ?? [], role ? notes : []);
    const inherits = directParents(name, inheritance);
    return {
      name,
      ...(inherits.length > 0 && { inherits }),
      ...(statementTimeoutMs !== undefined && { statementTimeoutMs }),
      ...(Object.keys(settings).length > 0 && { settings }),
    };
  };
  return {
    roles: {
      ...(authenticator && { authenticator: authenticator.name }),
      ...(anonymous !== undefined && { anonymous: plainOr(inputOf(anonymous)) }),
      users: users.map((name) => plainOr(inputOf(name))),
    },
    notes,
  };
}

/** A role without anything to say of it is its name. */
function plainOr<Input extends { readonly name: string }>(input: Input): string | Input {
  return Object.keys(input).length === 1 ? input.name : input;
}

function settingsOf(role: string, found: readonly string[], notes: Note[]) {
  let statementTimeoutMs: number | undefined;
  const settings: Record<string, string> = {};
  for (const setting of found) {
    const at = setting.indexOf('=');
    // Postgres keeps some names with capitals, such as TimeZone.
    const [name, value] = [setting.slice(0, at).toLowerCase(), setting.slice(at + 1)];
    const timeout = name === 'statement_timeout' ? milliseconds(value) : undefined;
    if (timeout !== undefined && timeout > 0) statementTimeoutMs = timeout;
    else if (isSecret(name)) notes.push({ reason: 'secret_setting', object: role, detail: name });
    else if (isAllowed(name, value)) settings[name] = value;
    else notes.push({ reason: 'refused_setting', object: role, detail: name });
  }
  if (statementTimeoutMs === undefined) notes.push({ reason: 'timeout', object: role });
  return { statementTimeoutMs, settings };
}

function isAllowed(name: string, value: string): boolean {
  return isAccepted(() => checkRoleSetting(name, value, ''));
}

/** A time as Postgres writes it, in whole milliseconds. */
export function milliseconds(value: string): number | undefined {
  const [, amount, unit = 'ms'] = /^(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)?$/.exec(value.trim()) ?? [];
  return amount === undefined ? undefined : Math.round(Number(amount) * UNITS[unit]!);
}
