import type { RowCommand } from '../../audit/anywhere/survey.ts';
import type { QualifiedName } from '../../postgres/qualified-name.ts';

/** A limit of what roles may do, which holds in every database with the same catalog: for all rows and all claims. */
export interface Property {
  /** Short name: `tenant-isolation`. */
  readonly name: string;
  /** Statement that is true if it holds: `no row of another tenant is read or written by projects_member`. */
  readonly words: string;
  readonly roles: readonly string[];
  readonly relation: QualifiedName;
  readonly commands: readonly RowCommand[];
  /** Columns of which a request must write one to count. @default all */
  readonly columns?: readonly string[] | undefined;
  /**
   * SQL condition on the row and the token, such as `user_id = claim('user_id')::int`: the roles reach only rows for which it
   * is true. `claim('a', 'b')` is the text of a claim by its path. `false`: they reach nothing.
   */
  readonly only: string;
  /** Requests with a token do not count. @default false: a token may name the role of requests without one, and bring claims */
  readonly withoutToken?: boolean | undefined;
  /**
   * Names of foreign keys of the table whose actions do not count: a row is deleted with the row that it references.
   * @default none: all of them count
   */
  readonly exceptReferences?: readonly string[] | undefined;
}
