import { closeSync, fsyncSync, openSync, writeFileSync } from 'node:fs';

/** Windows has no such modes; its files are private to the user's profile instead. */
export const HAS_MODES = process.platform !== 'win32';

/** Writes a new file that this user alone can read, and has it on the disk. */
export function writeAndSync(file: string, text: string): void {
  // 'wx' is O_EXCL: never through a link that someone else put there.
  withFile(file, 'wx', (descriptor) => {
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  });
}

/** Has the names in a directory on the disk; Windows can not. */
export function syncDirectory(directory: string): void {
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
