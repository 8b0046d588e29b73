import type { RowCommand } from '../../audit/anywhere/survey.ts';
import type { QualifiedName } from '../../postgres/qualified-name.ts';
import type { Property } from './property.ts';

/** Values of a row by column, as texts that Postgres reads; null is NULL. */
export type RowValues = Readonly<Record<string, string | null>>;

/** A row that exists before a request. */
export interface ExistingRow {
  readonly schema: string;
  readonly name: string;
  readonly values: RowValues;
}

/** A request of a counterexample. */
export interface LeakingRequest {
  /** How the row is reached: by its table, or by a view or a function that reads or writes it. */
  readonly way: 'table' | 'view' | 'function';
  /** Schema and name of that table, view or function. */
  readonly schema: string;
  readonly name: string;
  readonly command: RowCommand;
  /** The existing row that is read, changed or deleted; undefined for `insert`. */
  readonly row?: RowValues | undefined;
  /** Table of that row, where a foreign key takes rows of the property's table with it. @default the property's */
  readonly of?: QualifiedName | undefined;
  /** Columns that the request writes: of `insert` and `update`. */
  readonly written?: RowValues | undefined;
  /** Arguments of a function by name. */
  readonly arguments?: RowValues | undefined;
}

/** The smallest rows, claims and request by which a property does not hold. */
export interface Counterexample {
  readonly role: string;
  /** Claims of the token without its role; empty for a request without a token. */
  readonly claims: Readonly<Record<string, unknown>>;
  readonly rows: readonly ExistingRow[];
  readonly request: LeakingRequest;
}

/**
 * Result for one property, role and command. `proven` holds for all rows and claims, `leak` has a counterexample that a real
 * database confirmed, and `not modelled` names each piece of SQL that decides and is not understood.
 */
export type Verdict =
  | { readonly status: 'proven' }
  | { readonly status: 'leak'; readonly counterexample: Counterexample }
  | { readonly status: 'not modelled'; readonly pieces: readonly string[] };

/** A verdict and its question. */
export interface Judgement {
  readonly property: Property;
  readonly role: string;
  readonly command: RowCommand;
  readonly verdict: Verdict;
}
