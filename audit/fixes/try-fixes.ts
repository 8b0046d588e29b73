import type pg from 'pg';
import type { AnywhereFinding, AnywhereOptions } from '../anywhere/audit-database.ts';

export interface FixTrial {
  readonly works: boolean;
  readonly seen: string;
}

/** Stands in for the trial of fixes. */
export function tryFixes(
  _client: pg.Client,
  _options: AnywhereOptions,
  findings: readonly AnywhereFinding[],
): Promise<(AnywhereFinding & { readonly trial?: FixTrial })[]> {
  return Promise.resolve([...findings]);
}
