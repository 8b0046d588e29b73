import type { CatalogRelation } from '../postgres/catalog/catalog.ts';
import type { QualifiedName } from '../postgres/qualified-name.ts';
import { quoteIdentifier } from '../postgres/quote.ts';

export function isTable({ kind }: CatalogRelation): boolean {
  return kind === 'r' || kind === 'p';
}

export function isGranted({ grants, column_grants }: CatalogRelation): boolean {
  return grants.length > 0 || column_grants.length > 0;
}

/** The quoted name of an object in a schema. */
export function sqlName({ schema, name }: QualifiedName): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(name)}`;
}
