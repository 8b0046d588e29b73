/** A piece of SQL that a user brings, with the name to show in errors. */
export interface SqlSource {
  /** Path or name that errors show. */
  readonly file: string;
  /** The SQL. */
  readonly sql: string;
}
