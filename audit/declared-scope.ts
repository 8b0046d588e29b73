import type { Declaration } from '../declaration/types.ts';
import type { ScopeOptions } from './anywhere/find-scope.ts';

/** The scope of a declared database. */
export function declaredScope({ schemas, anonymous, users, authenticator }: Declaration): ScopeOptions {
  const names = [...(anonymous ? [anonymous] : []), ...users].map(({ name }) => name);
  return { schemas, roles: names, authenticator, ...(anonymous && { anonymous: anonymous.name }) };
}
