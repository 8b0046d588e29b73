/** Rows and columns that a subject reaches with one command. */
export type Reach = {
  /** The columns that the role may use with the command, by the catalogs; none for `delete`. */
  readonly columns: readonly string[];
  /** There are more rows than were tried. */
  readonly truncated?: true;
} & (
  | {
      /** The code with which the command is refused, whatever the row: `42501` without the privilege, for one. */
      readonly refused: string;
    }
  | {
      /** The keys of the rows that are reached: the values of the primary key, or else the row as JSON. */
      readonly rows: readonly string[];
    }
);
