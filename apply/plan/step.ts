import type { SqlSource } from '../../postgres/sql-source.ts';

/** One statement on the way from the state of a database to the declared one. */
export interface Step {
  readonly sql: string;
  /** Role that runs it: the admin, or the owner of the managed schemas. */
  readonly as: 'admin' | 'owner';
  /** Place that an error names. */
  readonly place: string;
  /**
   * Purpose of a step that may have to run early: it protects an object, revokes access, closes new objects, or grants the
   * owner what later migrations need.
   */
  readonly purpose?: 'protect' | 'revoke' | 'default privileges' | 'owner';
  /** A trial only tests that the user's SQL can run; its effects are rolled back. */
  readonly trial?: boolean;
  /** The user's file in the statement, and the offset at which it begins: errors name its lines. */
  readonly embedded?: { readonly source: SqlSource; readonly offset: number };
}
