import { effectiveRoles } from '../declaration/roles.ts';
import type { ApiFunction, Declaration } from '../declaration/types.ts';

/** Tests if a function is declared for a role, or for one that it inherits. */
export function mayCall(role: string, { execute }: Pick<ApiFunction, 'execute'>, declaration: Declaration): boolean {
  const roles = effectiveRoles(role, declaration);
  return execute.some((name) => roles.has(name));
}
