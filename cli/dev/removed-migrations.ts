import type { Declaration } from '../../declaration/types.ts';

/** Describes the migrations that have run and are no longer declared: nothing undoes them. */
export function removedMigrationLines(before: Declaration, after: Declaration): string[] {
  return before.migrations
    .filter(({ file }) => !after.migrations.some((migration) => migration.file === file))
    .map(({ file }) => `warning: ${file} was removed, and what it made stays; start again to be without it`);
}
