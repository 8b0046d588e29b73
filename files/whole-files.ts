import { randomUUID } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** Windows has no such modes; its files are private to the user's profile instead. */
export const HAS_MODES = process.platform !== 'win32';

/** Puts a file that this user alone can read where there is one or none: whole or not at all, also when the power fails. */
export function replaceFile(file: string, text: string): void {
  throughTemporary(file, text, (temporary) => renameSync(temporary, file));
}

/**
 * The same where there is none.
 *
 * @returns false if another process has created the file; that file stays
 */
export function createFile(file: string, text: string): boolean {
  try {
    // Unlike a rename, a link is not made where there is a file.
    throughTemporary(file, text, (temporary) => linkSync(temporary, file));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
  return true;
}

function throughTemporary(file: string, text: string, putInPlace: (temporary: string) => void): void {
  const directory = dirname(file);
  const temporary = join(directory, `.${basename(file)}.${randomUUID()}.tmp`);
  try {
    // 'wx' is O_EXCL: never through a link that someone else put there.
    withFile(temporary, 'wx', (descriptor) => {
      writeFileSync(descriptor, text);
      fsyncSync(descriptor);
    });
    putInPlace(temporary);
  } finally {
    rmSync(temporary, { force: true });
  }
  // Has the names in the directory on the disk; Windows cannot.
  if (HAS_MODES) withFile(directory, 'r', fsyncSync);
}

export function withFile<T>(file: string, flags: 'r' | 'wx', use: (descriptor: number) => T): T {
  const descriptor = openSync(file, flags, 0o600);
  try {
    return use(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
