import { refuse } from '../../errors/secured-postgrest-error.ts';
import { splitName } from '../names.ts';
import { tokenServiceNames } from './token-service.ts';
import type { Declaration, QualifiedName } from '../types.ts';

/** The function that says what an account may do: the named one, or the token schema's own. */
export function accountClaimsFunction(declaration: Declaration, named: string | undefined): QualifiedName {
  if (named === undefined) return { schema: tokenServiceNames(declaration).schema, name: 'account_claims' };
  const [schema, name, ...rest] = splitName(named);
  if (!schema || !name || rest.length > 0) {
    refuse('invalid_prop', 'accountClaims', `"${named}" is no schema and function`, "name it as 'auth.account_claims'");
  }
  return { schema, name };
}
