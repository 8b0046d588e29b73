import type { Fix } from '../../audit/fix.ts';

/** Value of an SQL condition for a row. `error`: Postgres failed to evaluate it. */
export type Truth = 'true' | 'false' | 'null' | 'error';

/** A condition, or a part of one, as Postgres evaluated it for a row under the claims of the request. */
export interface ConditionPart {
  /** SQL as Postgres shows it. */
  readonly sql: string;
  /** The SQL with claims by their names: `user_id = claim user_id`. */
  readonly words: string;
  readonly truth: Truth;
  /** Values that were compared, in words, or the error of Postgres; empty where the condition compares nothing. */
  readonly because: string;
  /** How `parts` are joined; undefined for a part that is not divided. */
  readonly join?: 'and' | 'or';
  readonly parts: readonly ConditionPart[];
  /** Claims with which this part is true for the row, by path; null for a claim that is missing and must have another value. */
  readonly claims?: Readonly<Record<string, string | null>>;
}

/** Verdict of a policy on a row. */
export interface PolicyOfRow {
  readonly name: string;
  readonly mode: 'permissive' | 'restrictive';
  /** Command whose policies the row must pass: an UPDATE that names columns must pass those of SELECT too. */
  readonly command: 'select' | 'insert' | 'update' | 'delete';
  readonly clause: 'USING' | 'WITH CHECK';
  readonly condition: ConditionPart;
}

/** A row that the request is about. */
export interface RowAnswer {
  /** Schema and name of its table. */
  readonly table: string;
  /** Embedded resource that it is a row of: `tasks.comments`; undefined for a row of the request's own table. */
  readonly path?: string;
  /** Primary key, or every column of a table without one, by column. */
  readonly key: Readonly<Record<string, string | null>>;
  /** `written` is a row as the request would leave it. */
  readonly outcome: 'reached' | 'hidden' | 'written' | 'rejected';
  /** Why, in words. */
  readonly because: string;
  readonly policies: readonly PolicyOfRow[];
}

/** A stage of a request, in the order in which PostgREST and Postgres come to them. */
export type Stage =
  | 'token'
  | 'role'
  | 'pre-request check'
  | 'address'
  | 'schema'
  | 'grants'
  | 'policies'
  | 'rows'
  | 'constraint'
  | 'trigger'
  | 'timeout'
  | 'values'
  | 'function';

/** One step of the explanation. */
export interface Step {
  readonly stage: Stage;
  /** `decided`: the request fails here, or here rows are hidden. `unknown`: the step was not checked. */
  readonly outcome: 'passed' | 'decided' | 'unknown';
  readonly words: string;
  /** A change with which the request passes this step. */
  readonly fix?: Fix;
}

/** Answer to "why": plain data, as `--format json` prints it. */
export interface Explanation {
  readonly format: 1;
  readonly request: string;
  /** Role of the request; undefined where it is rejected before it has one. */
  readonly role: string | undefined;
  /** `refused`: an error. `nothing`: no error and no row. `some`: rows, and others are hidden. `all`: every row that it is about. */
  readonly result: 'refused' | 'nothing' | 'some' | 'all';
  /** Code of the error, as PostgREST answers it: an SQLSTATE, or such as `PGRST301`. */
  readonly code?: string;
  readonly steps: readonly Step[];
  /** The step that decided; undefined where the request reaches every row that it is about. */
  readonly decided: Step | undefined;
  readonly rows: readonly RowAnswer[];
  /** Limits of this answer: what was not checked, whose rights were used. */
  readonly notes: readonly string[];
}
