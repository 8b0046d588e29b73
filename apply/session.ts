import type pg from 'pg';
import { catalogScope } from '../compile/catalog-scope.ts';
import type { Declaration } from '../declaration/types.ts';
import type { CatalogSource } from '../postgres/catalog/read-catalog.ts';

/** A connection, and the declaration of its database. Catalogs are read in the scope of the declaration. */
export interface Session extends CatalogSource {
  readonly declaration: Declaration;
}

/** Makes a session of an open connection. */
export function sessionOf(client: pg.ClientBase, declaration: Declaration): Session {
  return { client, declaration, scope: catalogScope(declaration) };
}
