/** Rows and columns that a subject reaches with one command. */
export type Reach = {
  /** Columns that the role may use with the command, by the catalogs; none for `delete`. */
  readonly columns: readonly string[];
  /** Set if there are more rows than were tried. */
  readonly truncated?: true;
} & (
  | {
      /** Code with which every row is rejected, such as `42501` without the privilege. */
      readonly refused: string;
    }
  | {
      /** Keys of the reached rows: the values of the primary key, or else the row as JSON. */
      readonly rows: readonly string[];
    }
);
