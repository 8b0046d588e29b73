import type { Anywhere } from './anywhere.ts';
import type { SurveyedRelation } from './survey.ts';

/** A trigger writes the column, whatever the request says. */
export function isSetByTrigger({ texts }: Anywhere, { triggers }: SurveyedRelation, column: string): boolean {
  return triggers.some(({ enabled, function: fn }) => {
    const sets = new RegExp(`\\bnew\\."?${column.replace(/[^\w]/g, '\\$&')}"?\\s*:?=`, 'i');
    return enabled && fn !== undefined && sets.test(texts.bodyOf(fn));
  });
}
