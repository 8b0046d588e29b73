import type { SqlSource } from '../../postgres/sql-source.ts';

/** One statement on the way from what a database holds to what is declared. */
export interface Step {
  readonly sql: string;
  /** Who runs it: whoever applies, or the owner of the managed schemas. */
  readonly as: 'admin' | 'owner';
  /** Where it comes from, for errors. */
  readonly place: string;
  /** What it is for, where only such steps are wanted: to protect what is there, to take away, or for what will be made. */
  readonly purpose?: 'protect' | 'take away' | 'default privileges';
  /** A trial only tests that the user's SQL can run; its effects are rolled back. */
  readonly trial?: boolean;
  /** The user's file in the statement, and where it begins: errors are told by its lines. */
  readonly embedded?: { readonly source: SqlSource; readonly offset: number };
}
