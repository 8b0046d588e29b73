import type pg from 'pg';
import { catalogScope } from '../compile/catalog-scope.ts';
import type { Declaration } from '../declaration/types.ts';
import type { CatalogSource } from '../postgres/catalog/read-catalog.ts';

/** A connection, and the declaration that its database is compared with. Its catalogs are read of the declaration's scope. */
export interface Session extends CatalogSource {
  readonly declaration: Declaration;
}

/** Makes a session of an open connection. */
export function sessionOf(client: pg.ClientBase, declaration: Declaration): Session {
  return { client, declaration, scope: catalogScope(declaration) };
}
