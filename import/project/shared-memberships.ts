import type { DeclarationInput, MembershipPolicy } from '../../declaration/types.ts';
import { groupBy } from '../../audit/group-by.ts';
import { printCode, type Call } from './print-code.ts';

/** Memberships that several policies need, each a constant of its own. */
export interface SharedMemberships {
  /** The constants, as lines of code. */
  readonly lines: readonly string[];
  /** The policy as a call of its constant. @default no other policy needs its memberships */
  callOf(policy: MembershipPolicy): Call | undefined;
}

export function sharedMemberships({ tables = [] }: DeclarationInput): SharedMemberships {
  const all = tables
    .flatMap(({ policies = [] }) => policies)
    .filter((policy): policy is MembershipPolicy => policy.kind === 'membership');
  const shared = [...groupBy(all, keyOf)].filter(([, { length }]) => length > 1);
  const names = new Map<string, string>();
  const lines = shared.map(([key, [first]]) => {
    const name = freeName(first!.through.table, [...names.values()]);
    names.set(key, name);
    const before = `const ${name} = `;
    return `${before}${printCode({ call: 'membershipIn', argument: membershipsOf(first!) }, 0, before.length)};`;
  });
  return {
    lines,
    callOf(policy) {
      const call = names.get(keyOf(policy));
      if (call === undefined) return undefined;
      const { name, to, for: commands, column, restrictive, through } = policy;
      return { call, argument: { name, to, for: commands, column, where: through.where, restrictive } };
    },
  };
}

/** Everything of a policy that `membershipIn` takes. */
function membershipsOf({ through: { table, key, member }, type, claim, memberType }: MembershipPolicy) {
  return { table, key, type, member, claim, memberType };
}

function keyOf(policy: MembershipPolicy): string {
  return JSON.stringify(membershipsOf(policy));
}

/** A name such as `inTeamMembers`. */
function freeName(table: string, taken: readonly string[]): string {
  const words = table
    .split('.')
    .at(-1)!
    .match(/[A-Za-z0-9]+/g) ?? ['group'];
  const base = `in${words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('')}`;
  let name = base;
  for (let count = 2; taken.includes(name); count++) name = `${base}${count}`;
  return name;
}
