import { apiRoles, effectiveRoles } from '../declaration/roles.ts';
import type { ApiFunction, Declaration } from '../declaration/types.ts';

/** Tests if a function is declared for a role, or for one that it inherits. */
export function mayCall(role: string, { execute }: Pick<ApiFunction, 'execute'>, declaration: Declaration): boolean {
  const roles = effectiveRoles(role, declaration);
  return execute.some((name) => roles.has(name));
}

/** The functions that requests call by their name. */
export function callableFunctions({ functions, schemas }: Declaration): readonly ApiFunction[] {
  return functions.filter(({ schema }) => schemas.includes(schema));
}

/** Each role with each function that it may call; overloaded ones once for each. */
export function allowedCalls(declaration: Declaration): { readonly role: string; readonly name: string }[] {
  return apiRoles(declaration).flatMap(({ name: role }) =>
    callableFunctions(declaration)
      .filter((fn) => mayCall(role, fn, declaration))
      .map(({ name }) => ({ role, name })),
  );
}
