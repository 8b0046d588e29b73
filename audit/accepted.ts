import { desiredAccess } from '../compile/access.ts';
import { extraSearchPath } from '../compile/server/settings.ts';
import type { Declaration } from '../declaration/types.ts';
import type { Accepted } from './rule.ts';

/** Everything that a declaration accepts although a rule would report it. */
export function acceptedBy(declaration: Declaration): Accepted {
  const { privateSchema: schema, functions, tables, acceptedAdvisories: advisories = [] } = declaration;
  const ownFunctions = desiredAccess(declaration).functions.map(({ name, arguments: types }) => ({
    schema,
    name,
    arguments: types,
  }));
  return {
    ownFunctions,
    definerFunctions: functions.filter((fn) => fn.securityDefiner),
    tables,
    searchedSchemas: extraSearchPath(declaration),
    advisories,
  };
}
