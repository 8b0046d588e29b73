import type { AccessMap } from '../access/picture/access-map.ts';
import { compareMaps } from '../access/picture/compare-maps.ts';
import { readMap } from '../access/picture/read-map.ts';
import type { PostgrestEnvironment, ScopeOptions } from '../audit/anywhere/find-scope.ts';
import { declaredScope } from '../audit/declared-scope.ts';
import type { Declaration } from '../declaration/types.ts';
import type { DatabaseConnection } from '../postgres/connect.ts';
import { startSource } from './source.ts';

/** Settings of {@link accessMap} for a database. */
export interface AccessMapOptions extends ScopeOptions {
  /** PostgREST's variables, such as `process.env`: they say what is exposed. @default none */
  readonly environment?: PostgrestEnvironment;
  /** The declaration to compare the database with. @default none */
  readonly declaration?: Declaration;
}

/**
 * Maps who can do what: for each role, table or view, and command the rule in words, with the grants and policies that give
 * it. A declaration is applied to a database of its own on this machine, and read there. A connection is read as it is, in
 * a transaction that cannot write; with a declaration, each difference is in the map.
 *
 * @example
 * const map = await accessMap(declaration);
 * writeFileSync('access-map.html', accessMapHtml(map));
 *
 * @throws SecuredPostgrestError `database_unreachable`, `unsupported_database`, `scope_not_found`, `unknown_role`,
 *   `unknown_schema`, and for a declaration whatever applying it throws
 */
export async function accessMap(
  source: Declaration | DatabaseConnection,
  { declaration, ...options }: AccessMapOptions = {},
): Promise<AccessMap> {
  if ('declarationVersion' in source) return declaredMap(source);
  if (declaration === undefined) return readMap(source, options);
  const scope = { ...declaredScope(declaration), ...options };
  const [reached, declared] = await Promise.all([readMap(source, scope), declaredMap(declaration)]);
  return compareMaps(reached, declared);
}

async function declaredMap(declaration: Declaration): Promise<AccessMap> {
  const source = await startSource(declaration);
  try {
    return await source.inCopy((connection) => readMap(connection, { madeFrom: declaration }));
  } finally {
    await source.stop();
  }
}
