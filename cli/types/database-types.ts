/** Number of an object in Postgres' catalogs, as a text. */
export type Oid = string;

export interface Column {
  readonly name: string;
  readonly number: number;
  readonly type: Oid;
  readonly not_null: boolean;
  readonly has_default: boolean;
  /** Postgres computes the value: nobody may write it. */
  readonly is_generated: boolean;
}

export interface Relation {
  readonly schema: string;
  readonly name: string;
  readonly oid: Oid;
  readonly is_view: boolean;
  /** Rows can be inserted and updated. */
  readonly is_writable: boolean;
  readonly columns: readonly Column[] | null;
  /** The query of a view, as Postgres stores it. */
  readonly query: string | null;
}

export interface ForeignKey {
  readonly name: string;
  readonly relation: Oid;
  readonly referenced: Oid;
  /** Numbers of columns. */
  readonly columns: readonly number[];
  readonly referenced_columns: readonly number[];
  readonly is_one_to_one: boolean;
}

export interface FunctionType {
  readonly schema: string;
  readonly name: string;
  readonly returns_set: boolean;
  readonly returns: Oid;
  /** The function says of itself that it returns one row (ROWS 1). */
  readonly returns_one: boolean;
  /** How many of the last arguments may be left out. */
  readonly defaults: number;
  readonly names: readonly string[] | null;
  /** pg_proc.proargmodes; null: all are inputs. */
  readonly modes: readonly string[] | null;
  readonly types: readonly Oid[];
}

export interface PostgresType {
  readonly oid: Oid;
  readonly schema: string;
  readonly name: string;
  /** pg_type.typtype */
  readonly kind: string;
  readonly not_null: boolean;
  /** The type of the members of an array. */
  readonly element: Oid | null;
  /** The type that a domain is over. */
  readonly base: Oid | null;
  /** The values of an enum. */
  readonly labels: readonly string[] | null;
  /** The relation whose rows have this type, or that describes a composite type. */
  readonly relation: Oid | null;
  /** The parts of a composite type that is no relation's. */
  readonly attributes: readonly { readonly name: string; readonly type: Oid }[] | null;
}

/** The part of a database that TypeScript types are written from. */
export interface DatabaseTypes {
  readonly relations: readonly Relation[];
  readonly foreignKeys: readonly ForeignKey[];
  readonly functions: readonly FunctionType[];
  readonly types: ReadonlyMap<Oid, PostgresType>;
  /** Roles that something in the schemas is granted to. */
  readonly grantees: readonly string[];
}
