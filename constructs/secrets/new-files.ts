import { readdirSync, rmSync } from 'node:fs';
import { join, sep } from 'node:path';

/** The files of each new secrets directory before this process has made any. */
const before = new Map<string, ReadonlySet<string>>();

/** Notes what is in a directory, with the first call. */
export function rememberFiles(directory: string): void {
  if (!before.has(directory)) before.set(directory, new Set(filesIn(directory)));
}

/**
 * Removes what came into the directory since then, and the directory if it was empty.
 *
 * @returns false where the directory was not noted
 */
export function discardFiles(directory: string): boolean {
  const kept = before.get(directory);
  if (!kept) return false;
  before.delete(directory);
  for (const file of filesIn(directory)) if (!kept.has(file)) rmSync(join(directory, file), { force: true });
  if (kept.size > 0) return true;
  try {
    rmSync(directory, { recursive: true });
  } catch {
    // A mount point stays.
  }
  return true;
}

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(directory.length + sep.length));
}
