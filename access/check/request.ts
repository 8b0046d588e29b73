import type { RowCommand } from '../../audit/anywhere/survey.ts';
import type { QualifiedName } from '../../postgres/qualified-name.ts';
import type { Row } from './rows.ts';
import type { Value } from './values.ts';

/** Sender of a request: without claims, it has no token. */
export interface Sender {
  readonly role: string;
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
}

/** A condition of a request on one column. */
export interface Filter {
  readonly column: string;
  readonly operator: 'eq' | 'neq' | 'gt' | 'lt' | 'is' | 'in';
  readonly value: Value | readonly Value[];
}

/** The row of another table that a foreign key leads to, beside each row. */
export interface Embedding {
  /** Name of the foreign key. */
  readonly reference: string;
  readonly columns: readonly string[];
  /** Rows without such a row are left out. */
  readonly inner: boolean;
}

/** A request to a table, view or function. */
export type CheckRequest = { readonly sender: Sender; readonly target: QualifiedName } & (
  | {
      readonly kind: 'read';
      readonly columns: readonly string[];
      readonly filters: readonly Filter[];
      readonly embedded?: Embedding | undefined;
    }
  | {
      readonly kind: 'insert';
      readonly columns: readonly string[];
      readonly rows: readonly Row[];
      /** `Prefer: resolution=`, by the primary key. */
      readonly conflict?: 'merge-duplicates' | 'ignore-duplicates' | undefined;
      /** Columns of `Prefer: return=representation`; undefined for `minimal`. */
      readonly returning?: readonly string[] | undefined;
    }
  | {
      readonly kind: 'update';
      readonly set: Row;
      readonly filters: readonly Filter[];
      readonly returning?: readonly string[] | undefined;
    }
  | {
      readonly kind: 'delete';
      readonly filters: readonly Filter[];
      readonly returning?: readonly string[] | undefined;
    }
  | { readonly kind: 'call'; readonly arguments: Row; readonly filters: readonly Filter[] }
);

/** Command of a request to a table or view. */
export const COMMAND_OF: Readonly<Record<Exclude<CheckRequest['kind'], 'call'>, RowCommand>> = {
  read: 'select',
  insert: 'insert',
  update: 'update',
  delete: 'delete',
};
