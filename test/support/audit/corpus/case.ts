import type { BaseName } from './base.ts';

/**
 * `open`: a request reaches more than is meant, or can as soon as the next object is made.
 * `slow`: much slower than it need be, or it fails.
 * `closed`: looks dangerous, and nothing is reached.
 * `fine`: a good design, the unusual ones too.
 */
export type Grade = 'open' | 'slow' | 'closed' | 'fine';

/** A statement as PostgREST runs it: the authenticator becomes the role, and the claims are set. */
export interface Show {
  /** Role of the request. */
  readonly as: string;
  /** Claims of its token. @default only the role, as PostgREST sets them without a token */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** The last of these statements counts; those before it may write, as earlier requests would. */
  readonly sql: string;
  /** Rows that the statement returns or writes; `fails`: Postgres rejects it. */
  readonly rows: 'some' | 'none' | 'fails';
}

/** What one database has more than its base, and what of it requests can reach. */
export interface Case {
  /** Kebab case, unique. */
  readonly id: string;
  readonly title: string;
  readonly base: BaseName;
  readonly grade: Grade;
  /**
   * Rules that are right to report. Of an open or a slow case, at least one is a warning or an error. Of a closed or a
   * fine case, none is more than information.
   */
  readonly rules?: readonly string[];
  /** Run as the owner of the base's schemas, in one transaction; `RESET ROLE` brings the superuser. */
  readonly sql: string;
  /** Undoes what the case changes in the whole cluster, run by the superuser after the database is dropped. */
  readonly undo?: string;
  /** Proof of the grade, by Postgres. */
  readonly shows?: readonly Show[];
  /** Part of the plan of the first show, where Postgres avoids to read whole tables if it can. */
  readonly plan?: string;
}

type CaseOfBase = Omit<Case, 'base'>;

/** Cases of one base. */
export function casesOn(base: BaseName, cases: readonly CaseOfBase[]): readonly Case[] {
  return cases.map((each) => ({ ...each, base }));
}
