import { principalColumns } from './principal.ts';
import type { SurveyedRelation } from './survey.ts';

/** Columns that say who has written a row, which is often for all to see, or to what it belongs. */
const OF_OTHERS = /^(?:author|created_by|profile|subject|group|school|store|merchant)/i;

/** The column of a table that nobody was granted that says whose row it is, by its name. */
export function ownerColumn(table: SurveyedRelation): string | undefined {
  return principalColumns(table).find((name) => !OF_OTHERS.test(name));
}
