import type { QualifiedName } from '../qualified-name.ts';

/** The part of a database that catalogs are read of. */
export interface CatalogScope {
  readonly schemas: readonly string[];
  readonly roles: readonly string[];
  /** The role that owns what is in the schemas. */
  readonly owner: string;
  /** A login that shares the privileges of one of the roles. @default none */
  readonly secondLogin?: string;
  /** Tables of which the definition is read as well. @default none */
  readonly tables?: readonly QualifiedName[];
}
