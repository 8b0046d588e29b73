import type { Anywhere } from '../../audit/anywhere/anywhere.ts';
import type { RowCommand } from '../../audit/anywhere/survey.ts';
import type { QualifiedName } from '../../postgres/qualified-name.ts';
import type { Counterexample } from '../prove/verdict.ts';
import type { DecidingRow } from './access-diff.ts';

/** A command of a role on the rows of one table. */
export interface RowQuestion {
  readonly kind: 'rows';
  readonly role: string;
  readonly table: QualifiedName;
  readonly command: RowCommand;
  /** View that reads the table, and the roles with whose rights it does. @default the table itself is named */
  readonly through?: { readonly view: QualifiedName; readonly before: string; readonly after: string } | undefined;
}

/** Rows that an update of a role meets: the request fails where it may not write one of them. */
export interface MetQuestion {
  readonly kind: 'met';
  readonly role: string;
  readonly table: QualifiedName;
}

/** Rows of a table from which a function makes its result. */
export interface CallQuestion {
  readonly kind: 'call';
  readonly role: string;
  readonly table: QualifiedName;
  readonly signature: string;
}

/** How the rows that a command reaches change, in every database with these catalogs. */
export type RowComparison =
  | { readonly grade: 'same' }
  | { readonly grade: 'narrower'; readonly closed?: Counterexample | undefined }
  | { readonly grade: 'wider'; readonly opened?: Counterexample | undefined }
  | {
      readonly grade: 'incomparable';
      readonly opened?: Counterexample | undefined;
      readonly closed?: Counterexample | undefined;
    }
  | { readonly grade: 'not decided'; readonly pieces: readonly string[] };

/** Compares by logic which rows a request reaches in two databases. */
export type CompareRows = (
  before: Anywhere,
  after: Anywhere,
  question: RowQuestion | MetQuestion | CallQuestion,
) => Promise<RowComparison>;

/** Rows by which a comparison is seen. */
export function decidingRows(comparison: RowComparison): Record<'opened' | 'closed', DecidingRow | undefined> {
  const { opened, closed } = { opened: undefined, closed: undefined, ...comparison };
  return {
    opened: opened && { counterexample: opened },
    closed: closed && { counterexample: closed },
  };
}

/** The answer where there is no solver: what is not the same text is not decided. */
export const withoutSolver: CompareRows = () =>
  Promise.resolve({
    grade: 'not decided',
    pieces: ['npm package z3-solver, which compares conditions, is not installed'],
  });
