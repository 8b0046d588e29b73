import type { QualifiedName } from '../declaration/types.ts';
import type { CatalogFunction } from '../postgres/catalog/catalog.ts';
import type { DesiredFunction } from './desired-access.ts';

/** Tests if a function of the catalog is one of the package, by name and argument types. */
export function isSameFunction(own: DesiredFunction, { name, arguments: types }: CatalogFunction): boolean {
  return own.name === name && own.arguments.join() === types.join();
}

/** A function by name, and by types of arguments where these are given. */
export interface FunctionName extends QualifiedName {
  readonly arguments?: readonly string[];
}

/** Tests if a function of the catalog has a name: by argument types as well, where the name has them. */
export function matches(declared: FunctionName, fn: Pick<CatalogFunction, 'schema' | 'name' | 'arguments'>): boolean {
  if (declared.schema !== fn.schema || declared.name !== fn.name) return false;
  return !declared.arguments || declared.arguments.join(', ') === fn.arguments.join(', ');
}
