import { qualify } from './names.ts';
import type { Declaration, MembershipPolicy, QualifiedName } from './types.ts';

/** The membership table of a policy. */
export function membershipTable(policy: MembershipPolicy, declaration: Pick<Declaration, 'schemas'>): QualifiedName {
  return qualify(policy.through.table, declaration.schemas[0]!, 'through.table');
}
