import { visible } from '../errors/visible.ts';

/** A statement of a migration that has no effect at the end of the run, since the declaration decides its subject. */
export interface RemovedStatement {
  /** The statement, or the part of it that is removed, such as `GRANT SELECT ON api.todos TO todos_user`. */
  readonly statement: string;
  /** File and line. */
  readonly place: string;
  readonly reason: string;
  /** Declaration that keeps the effect, or another remedy. */
  readonly fix: string;
}

/** A removed statement, without its place. */
export type Removed = Omit<RemovedStatement, 'place'>;

/** Reason for what the declaration does not have. */
export const NOT_DECLARED = 'not declared';

/** Lines for people. Of many alike, the first ones. */
export function removedLines(removed: readonly RemovedStatement[]): string[] {
  const groups = new Map<string, RemovedStatement[]>();
  for (const one of removed) groups.set(one.reason, [...(groups.get(one.reason) ?? []), one]);
  return [...groups.values()].flatMap((group) => [
    ...group
      .slice(0, MAX_LINES)
      .map(({ statement, place, reason, fix }) => visible(`removed: ${statement} (${place}), ${reason}; ${fix}`)),
    ...(group.length > MAX_LINES ? [`removed: ${group.length - MAX_LINES} more, ${group[0]!.reason}`] : []),
  ]);
}

const MAX_LINES = 10;
