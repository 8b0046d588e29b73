import type { AccessChange, AccessDiff } from '../diff/access-diff.ts';
import { mayBeWider } from '../diff/grade.ts';

/** Changes that fail a comparison: those that may open something, any, or none. */
export const FAIL_ON_CHANGE = ['wider', 'any', 'never'] as const;
export type FailOnChange = (typeof FAIL_ON_CHANGE)[number];

/** A comparison, and how it is reported. */
export interface DiffReport {
  readonly generator: { readonly name: string; readonly version: string };
  readonly diff: AccessDiff;
  readonly failOn: FailOnChange;
}

/** Changes for which the comparison fails. */
export function failingChanges({ diff, failOn }: DiffReport): readonly AccessChange[] {
  if (failOn === 'never') return [];
  return failOn === 'any' ? diff.changes : diff.changes.filter(mayBeWider);
}

/** Tests if requests without a token run as another role than before, or are served only after. */
export function isAnonymousWider({ anonymous: { before, after } }: AccessDiff): boolean {
  return after !== undefined && before !== after;
}

/** Tests if the comparison fails. */
export function fails(report: DiffReport): boolean {
  const { diff, failOn } = report;
  if (failingChanges(report).length > 0) return true;
  const { before, after } = diff.anonymous;
  return failOn === 'any' ? before !== after : failOn === 'wider' && isAnonymousWider(diff);
}
