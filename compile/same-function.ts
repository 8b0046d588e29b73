import type { ApiFunction } from '../declaration/types.ts';
import type { CatalogFunction } from '../postgres/catalog/catalog.ts';
import type { DesiredFunction } from './desired-access.ts';

/** Tests if a function of the catalog is one of the package, by name and argument types. */
export function isSameFunction(own: DesiredFunction, { name, arguments: types }: CatalogFunction): boolean {
  return own.name === name && own.arguments.join() === types.join();
}

/** Tests if a function of the catalog is a declared one: by name, and by argument types where they are declared. */
export function matches(declared: ApiFunction, fn: CatalogFunction): boolean {
  if (declared.schema !== fn.schema || declared.name !== fn.name) return false;
  return !declared.arguments || declared.arguments.join(', ') === fn.arguments.join(', ');
}
