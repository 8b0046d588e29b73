import type { QualifiedName } from '../postgres/qualified-name.ts';
import type { SqlSource } from '../postgres/sql-source.ts';

/**
 * A query that fails if a condition from a user's file would: CREATE POLICY itself does not say where in a condition it
 * has stopped, a query does.
 */
export interface ConditionCheck {
  readonly statement: string;
  readonly source: SqlSource;
  /** Offset in the statement at which the file's text begins. */
  readonly offset: number;
}

export interface DesiredPolicy {
  readonly table: QualifiedName;
  readonly name: string;
  readonly statement: string;
  readonly checks: readonly ConditionCheck[];
  readonly place: string;
}

export interface DesiredFunction {
  readonly name: string;
  /** Types of its arguments, as Postgres writes them. */
  readonly arguments: readonly string[];
  readonly statement: string;
  readonly executableBy: readonly string[];
  /** The part of the declaration that it is made for. @default the function's name */
  readonly place?: string;
}

/** A table of the private schema that nobody but the owner reaches. */
export interface DesiredTable {
  readonly name: string;
  readonly statement: string;
  /** Its columns, in the order of their names, and its constraints, as `sql/postgres/catalog/own-tables.sql` writes them. */
  readonly definition: string;
}

export interface DesiredTrigger {
  readonly table: QualifiedName;
  readonly name: string;
  /** The columns of the table that it reads. */
  readonly columns: readonly string[];
  readonly statement: string;
}

/** A column whose new rows take a claim. */
export interface DesiredDefault {
  readonly table: QualifiedName;
  readonly column: string;
  /** Function of the private schema that the default calls. */
  readonly function: string;
  readonly statement: string;
}

/** Objects that a declaration needs in the database, apart from those of migrations. */
export interface DesiredAccess {
  readonly managedSchemas: readonly string[];
  /** The functions of the private schema, in the order in which they have to be made. */
  readonly functions: readonly DesiredFunction[];
  readonly policies: readonly DesiredPolicy[];
  /** Tables of the private schema, beside that of the migrations. They hold data: they are made, and never dropped. */
  readonly tables: readonly DesiredTable[];
  readonly triggers: readonly DesiredTrigger[];
  readonly defaults: readonly DesiredDefault[];
}
