import { SecuredPostgrestError } from '../errors/secured-postgrest-error.ts';

/** Effects that a run commits before its end: they stay if the run fails. */
export class Progress {
  /** Migrations, by file. */
  readonly committed: string[] = [];
  /** Places that stay closed until a run succeeds. */
  readonly closed = new Set<string>();

  /** Throws the error of a failed run, with what stays committed, and what this run or an earlier one has closed. */
  rethrow(error: unknown, closed: readonly string[]): never {
    const places = new Set([...this.closed, ...closed]);
    const stays = [
      ...(this.committed.length > 0 ? [`committed: ${this.committed.join(', ')}`] : []),
      ...(places.size > 0 ? [`closed until a deploy succeeds: ${[...places].sort().join(', ')}`] : []),
    ];
    if (stays.length === 0 || !(error instanceof SecuredPostgrestError)) throw error;
    const { code, place, problem, fix, cause } = error;
    throw new SecuredPostgrestError(code, { place, problem, fix: [fix, ...stays].join('; ') }, { cause });
  }
}
