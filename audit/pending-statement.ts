/** A statement that a database still needs to match its declaration. */
export interface PendingStatement {
  readonly sql: string;
  /** The object that it changes. */
  readonly place: string;
}
