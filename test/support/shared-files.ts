import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './checkout.ts';

/** A module, a variable, the time or a method that a test replaces: tests that follow in the same process could find it. */
const REPLACES = /\bvi\.(?!waitFor|waitUntil)|\bprocess\.(env\S* =|exitCode|chdir|umask)/;

/** The test files below some folders, by their paths from the checkout, that may follow each other in one process. */
export function sharedFiles(folders: readonly string[]): string[] {
  return folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
    )
    .filter((file) => file.endsWith('.test.ts') && !REPLACES.test(readFileSync(join(root, file), 'utf8')));
}
