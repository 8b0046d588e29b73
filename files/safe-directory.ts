import { lstatSync, readlinkSync, realpathSync, type Stats } from 'node:fs';
import { dirname, resolve } from 'node:path';

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
  return unsafePlace(real) === undefined ? real : undefined;
}

/**
 * The first directory, symbolic link or file on the way to an existing path that another user owns, can write, or can
 * replace; undefined if there is none.
 */
export function unsafePlace(path: string): string | undefined {
  if (process.getuid === undefined) return undefined;
  // A circle of links fails here.
  realpathSync(path);
  return placesTo(resolve(path)).find((place) => !isSafe(lstatSync(place)));
}

/** Every directory and link, with the places that a link leads through. */
function placesTo(path: string): string[] {
  return wayTo(path).flatMap((place) =>
    lstatSync(place).isSymbolicLink()
      ? [place, ...placesTo(resolve(realpathSync(dirname(place)), readlinkSync(place)))]
      : [place],
  );
}

/** The mode of a symbolic link has no effect; its target has one. */
function isSafe(status: Stats): boolean {
  const isSticky = status.isDirectory() && (status.mode & STICKY) !== 0;
  return isOurs(status) && (status.isSymbolicLink() || isSticky || isOursToWrite(status));
}

/** The same, if no other user can put something into it either. */
export function privateDirectory(path: string): string | undefined {
  const real = safeDirectory(path);
  return real === undefined || (process.getuid && !isOursToWrite(lstatSync(real))) ? undefined : real;
}

/** The root of the file system, and every directory from there to an absolute path. */
export function wayTo(path: string): string[] {
  const parent = dirname(path);
  return parent === path ? [path] : [...wayTo(parent), path];
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
