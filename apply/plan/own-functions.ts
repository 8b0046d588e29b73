import { desiredAccess } from '../../compile/access.ts';
import { isSameFunction } from '../../compile/same-function.ts';
import type { Declaration } from '../../declaration/types.ts';
import type { CatalogFunction } from '../../postgres/catalog/catalog.ts';
import type { ComparedCatalog } from '../../postgres/catalog/read-catalog.ts';
import { hasFingerprint } from './fingerprint.ts';

type Functions = Pick<ComparedCatalog, 'functions'>;

/** Finds the functions in the private schema. */
export function ownFunctions({ privateSchema }: Declaration, { functions }: Functions): CatalogFunction[] {
  return functions.filter(({ schema }) => schema === privateSchema);
}

/**
 * Finds the functions of earlier declarations, which are dropped. Their fingerprints tell them from those that a migration
 * made in the private schema. A function that shares a declared name goes as well: with other arguments, a policy could
 * call it instead.
 */
export function formerFunctions(declaration: Declaration, catalog: Functions): CatalogFunction[] {
  const desired = desiredAccess(declaration).functions;
  return ownFunctions(declaration, catalog)
    .filter((fn) => hasFingerprint(fn.comment) || desired.some(({ name }) => name === fn.name))
    .filter((fn) => !desired.some((wanted) => isSameFunction(wanted, fn)));
}
