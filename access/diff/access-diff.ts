import type { RowCommand } from '../../audit/anywhere/survey.ts';
import type { Counterexample } from '../prove/verdict.ts';
import type { ChangedPiece } from './compare-pieces.ts';
import type { Bound, Grade } from './grade.ts';

/** A relation or a function whose access is compared. */
export interface ComparedObject {
  readonly kind: 'table' | 'view' | 'function';
  readonly schema: string;
  /** Name; of a function with the types of its arguments. */
  readonly name: string;
}

/** A row that decides a grade. */
export interface DecidingRow {
  readonly counterexample: Counterexample;
  /** Result of the same request on both databases. @default it was not sent */
  readonly replay?: 'confirmed' | 'not confirmed' | undefined;
}

/** How the access of a role changes with one command. */
export interface AccessChange {
  readonly role: string;
  readonly object: ComparedObject;
  readonly command: RowCommand | 'call';
  readonly grade: Grade;
  /** Certain part of a change that is not decided. */
  readonly bound?: Bound | undefined;
  /** Reasons of the grade: `gains the command`, `gains the columns email`. */
  readonly reasons: readonly string[];
  /** A row that the command reaches only after, and one that it reached only before. */
  readonly opened?: DecidingRow | undefined;
  readonly closed?: DecidingRow | undefined;
  /** Pieces for which a change is not decided, in words. */
  readonly notModelled: readonly string[];
  /** Policies, functions and the like that differ. */
  readonly pieces: readonly ChangedPiece[];
}

/** How the access of an API changes from one database, or declaration, to another. */
export interface AccessDiff {
  /** Names of both, as the user gave them. */
  readonly before: string;
  readonly after: string;
  /** Roles of requests that are new, and that are gone. */
  readonly newRoles: readonly string[];
  readonly goneRoles: readonly string[];
  /** Role of requests without a token; undefined where these are rejected. */
  readonly anonymous: { readonly before: string | undefined; readonly after: string | undefined };
  /** Changes that are not `same`, the ones to look at first. */
  readonly changes: readonly AccessChange[];
  /** Number of (role, object, command) that are the same, of those that either side grants. */
  readonly same: number;
}
