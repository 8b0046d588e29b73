import type { Anywhere } from '../../audit/anywhere/anywhere.ts';
import type { RowCommand } from '../../audit/anywhere/survey.ts';
import type { QualifiedName } from '../../postgres/qualified-name.ts';
import type { Counterexample } from '../prove/verdict.ts';

/** A command of a role on the rows of one relation. */
export interface RowQuestion {
  readonly role: string;
  readonly table: QualifiedName;
  readonly command: RowCommand;
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

/** Compares by logic which rows a command reaches in two databases. */
export type CompareRows = (before: Anywhere, after: Anywhere, question: RowQuestion) => Promise<RowComparison>;

/** The answer where there is no solver: what is not the same text is not decided. */
export const withoutSolver: CompareRows = () =>
  Promise.resolve({
    grade: 'not decided',
    pieces: ['npm package z3-solver, which compares conditions, is not installed'],
  });
