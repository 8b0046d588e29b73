import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { sep } from 'node:path';
import { readRemoved } from '../../apply/removed-statements.ts';
import { removedLines } from '../../apply/removed.ts';
import { SQL_READS } from '../../declaration/read-sql.ts';
import { SecuredPostgrestError, type ErrorCode } from '../../errors/secured-postgrest-error.ts';
import type { EphemeralPostgrest } from '../../testing/index.ts';
import { checkSource } from '../check-source.ts';
import { errorLine } from '../error-line.ts';
import { loadAfresh } from '../load-declaration.ts';
import { oneAtATime } from './one-at-a-time.ts';
import { removedMigrationLines } from './removed-migrations.ts';
import { readSeed } from './seed.ts';
import { watch } from './watch.ts';
import { describeOutcome, haveSameTokens, isSame, type Sources } from './what-changed.ts';

/** Editors write in several steps, and a branch has many files. */
const CALM_MS = 100;

/** Codes after which nothing more is loaded. */
const FINAL: readonly ErrorCode[] = ['missing_package', 'unsafe_directory'];

export interface KeepUpOptions {
  readonly files: { readonly declaration: string; readonly seed: string | undefined };
  readonly describeRoles: () => Promise<string>;
  /** Called after each change of the environment. */
  readonly onApplied: () => Promise<void>;
}

/**
 * Brings an environment to what its files say, whenever one of them changes, and tells what was done. What cannot be
 * loaded or applied is told, and then all stays as it was. Without npm's tsx, or where another user can change a file, it
 * prints the error and loads nothing more.
 *
 * @param sources what the environment was made from
 */
export function keepUp(
  environment: EphemeralPostgrest,
  sources: Sources,
  { files, describeRoles, onApplied }: KeepUpOptions,
): { stop(): void } {
  let current = sources;
  let failed = false;
  let stopped = false;
  const update = async () => {
    const started = performance.now();
    modules.forEach(checkSource);
    const declaration = await loadAfresh(files.declaration, onModule);
    modules.forEach(checkSource);
    const next = { declaration, seed: readSeed(files.declaration, files.seed) };
    if (stopped) return;
    if (isSame(current, next)) {
      if (failed) console.log('as before');
    } else {
      const outcome = await environment.apply(declaration, { seed: next.seed });
      const before = current;
      current = next;
      console.log(`${describeOutcome(outcome, before, next)} (${Math.round(performance.now() - started)} ms)`);
      for (const line of removedLines(await readRemoved(declaration, outcome.migrations))) console.log(line);
      if (!outcome.rebuilt) {
        for (const line of removedMigrationLines(before.declaration, declaration)) console.log(line);
      }
      if (!haveSameTokens(before.declaration, declaration)) console.log(`\n${await describeRoles()}\n`);
      await onApplied();
    }
    failed = false;
  };
  const ask = oneAtATime(CALM_MS, async () => {
    if (stopped) return;
    await update().catch((error: unknown) => {
      if (stopped) return;
      console.error(errorLine(error));
      failed = true;
      if (error instanceof SecuredPostgrestError && FINAL.includes(error.code)) stop();
    });
  });
  // Such as: too many are watched already.
  const watcher = watch(ask, (error) => console.error(errorLine(error)));
  const modules = new Set<string>();
  const onModule = (file: string) => {
    watcher.include(file);
    if (!file.split(sep).includes('node_modules')) modules.add(file);
  };
  const onRead = (path: unknown) => watcher.include(path as string);
  const stop = () => {
    stopped = true;
    unsubscribe(SQL_READS, onRead);
    watcher.stop();
  };
  subscribe(SQL_READS, onRead);
  watcher.include(files.declaration);
  // What is imported is not known before; and something may have changed since the start.
  ask();
  return { stop };
}
