import { lstatSync, realpathSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';

/** Mode bits (man 7 inode): only a file's owner, and the directory's, may remove it or rename it. */
const STICKY = 0o1000;
const GROUP_WRITES = 0o020;
const OTHERS_WRITE = 0o002;

/**
 * The real path of a directory; undefined if another user could put something else in its place. A directory that
 * everybody writes has to be sticky, as `/tmp` is.
 */
export function safeDirectory(path: string): string | undefined {
  const real = realpathSync(path);
  if (process.getuid === undefined) return real;
  const directories = wayTo(real).map((directory) => lstatSync(directory));
  const isSafe = (status: Stats) => isOurs(status) && (isOursToWrite(status) || (status.mode & STICKY) !== 0);
  return directories.every(isSafe) ? real : undefined;
}

/** The same, if no other user can put something into it either. */
export function privateDirectory(path: string): string | undefined {
  const real = safeDirectory(path);
  return real === undefined || (process.getuid && !isOursToWrite(lstatSync(real))) ? undefined : real;
}

/** The root of the file system, and every directory from there on. */
function wayTo(real: string): string[] {
  const parent = dirname(real);
  return parent === real ? [real] : [...wayTo(parent), join(real)];
}

/** Root can do anything anyway. */
export function isOurs({ uid }: Stats): boolean {
  return uid === 0 || uid === process.getuid?.();
}

function isOursToWrite({ mode, gid }: Stats): boolean {
  // Many systems give each user a group of the same number, and let it write.
  const ownGroup = gid === process.getgid?.() && gid === process.getuid?.();
  return (mode & OTHERS_WRITE) === 0 && ((mode & GROUP_WRITES) === 0 || ownGroup);
}
