import type { Declaration, SqlSource } from '../../declaration/types.ts';
import type { ApplyOutcome } from '../../testing/index.ts';
import { requestSubjects } from '../../access/subjects.ts';

/** Sources of an environment. */
export interface Sources {
  readonly declaration: Declaration;
  readonly seed: readonly SqlSource[];
}

/** Changes in one line. */
export function describeOutcome(outcome: ApplyOutcome, before: Sources, after: Sources): string {
  if (outcome.rebuilt) return `rebuilt${after.seed.length > 0 ? ' with the seed' : ''} (${whyRebuilt(before, after)})`;
  const done = [
    count(outcome.migrations.length, 'migration'),
    count(outcome.changes, 'change'),
    ...(outcome.restarted ? ['PostgREST restarted'] : []),
  ].filter((part) => part !== undefined);
  return `applied: ${done.join(', ') || 'no change of access'}`;
}

function count(number: number, noun: string): string | undefined {
  return number === 0 ? undefined : `${number} ${noun}${number === 1 ? '' : 's'}`;
}

/** A migration runs once, and those before it have run: what does not fit to that needs another database. */
function whyRebuilt(before: Sources, after: Sources): string {
  if (!isSame(before.seed, after.seed)) return 'the seed was changed';
  const migrations = after.declaration.migrations;
  for (const { file, sql } of before.declaration.migrations) {
    const now = migrations.find((migration) => migration.file === file);
    if (now?.sql !== sql) return `${file} was ${now ? 'changed' : 'removed'}`;
  }
  return 'a migration was added before others';
}

export function isSame(before: unknown, after: unknown): boolean {
  return JSON.stringify(before) === JSON.stringify(after);
}

/** Tests if tokens that were made before are still the ones to use. */
export function haveSameTokens(before: Declaration, after: Declaration): boolean {
  const essence = (declaration: Declaration) => [
    Object.entries(requestSubjects(declaration)),
    declaration.tokens,
    declaration.keys,
  ];
  return isSame(essence(before), essence(after));
}
