import type { Declaration } from '../declaration/types.ts';
import type { ScopeOptions } from './anywhere/find-scope.ts';

/** Finds what requests reach in a database that a declaration was applied to. */
export function declaredScope({ schemas, anonymous, users, authenticator }: Declaration): ScopeOptions {
  const names = [...(anonymous ? [anonymous] : []), ...users].map(({ name }) => name);
  return { schemas, roles: names, authenticator, ...(anonymous && { anonymous: anonymous.name }) };
}
