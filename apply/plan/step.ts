import type { SqlSource } from '../../postgres/sql-source.ts';

/** One statement on the way from what a database holds to what is declared. */
export interface Step {
  readonly sql: string;
  /** Role that runs it: the admin, or the owner of the managed schemas. */
  readonly as: 'admin' | 'owner';
  /** Where it comes from, for errors. */
  readonly place: string;
  /** Purpose of a step that may have to run early: it protects an object, takes a privilege away, or closes new objects. */
  readonly purpose?: 'protect' | 'take away' | 'default privileges';
  /** A trial only tests that the user's SQL can run; its effects are rolled back. */
  readonly trial?: boolean;
  /** The user's file in the statement, and where it begins: errors are told by its lines. */
  readonly embedded?: { readonly source: SqlSource; readonly offset: number };
}
