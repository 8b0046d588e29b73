import {
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
  type Stats,
} from 'node:fs';
import { dirname, join, parse, resolve, sep } from 'node:path';
import { refuse } from '../errors/secured-postgrest-error.ts';
import { shellWord } from '../errors/shell-word.ts';
import { HAS_MODES } from './whole-files.ts';

/** Number of links that Linux follows in one path. */
const MAX_LINKS = 40;

/**
 * Reads a file that only this user, or root, can read and change. A symbolic link is followed where this user or root made it.
 *
 * @returns undefined where there is no file
 * @throws SecuredPostgrestError `insecure_secret_file`
 */
export function readPrivateFile(path: string): string | undefined {
  return readOwn(path, 0o077, 'read or change');
}

/**
 * Reads a file of public content that only this user, or root, can change.
 *
 * @returns undefined where there is no file
 * @throws SecuredPostgrestError `insecure_secret_file`
 */
export function readTrustedFile(path: string): string | undefined {
  return readOwn(path, 0o022, 'change');
}

/**
 * Reads a secret file that the user names: a mounted one may have another owner and mode, and a pipe has none.
 *
 * @throws SecuredPostgrestError `insecure_secret_file` where another user could have written it; what `readFileSync` throws
 */
export function readGivenFile(path: string): Buffer {
  return readChecked(openSync(path, 'r'), (stats) => {
    // The group of a user's own files is often the user's alone.
    const forbidden = stats.gid === process.getegid?.() ? 0o002 : 0o022;
    if (stats.isFile()) checkMode(path, stats, forbidden, 'change');
  });
}

function readOwn(path: string, forbidden: number, can: string): string | undefined {
  let descriptor: number;
  try {
    descriptor = openUnlinked(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  const content = readChecked(descriptor, (stats) => {
    if (!stats.isFile()) {
      refuse('insecure_secret_file', path, 'it is not a regular file', 'remove it, or restore the file from a backup');
    }
    if (HAS_MODES) checkOwner(path, stats, 'the file');
    checkMode(path, stats, forbidden, can);
  });
  return content.toString('utf8');
}

function readChecked(descriptor: number, check: (stats: Stats) => void): Buffer {
  try {
    check(fstatSync(descriptor));
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Never opens what another user's symbolic link names; a pipe in the place of the file does not block. */
function openUnlinked(path: string): number {
  const flags = constants.O_RDONLY | (HAS_MODES ? constants.O_NOFOLLOW | constants.O_NONBLOCK : 0);
  try {
    return openSync(path, flags);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ELOOP') throw error;
    checkOwner(path, lstatSync(path), 'the symbolic link');
    return openSync(realpathSync(path), flags);
  }
}

/** @param forbidden permissions that other users must not have */
function checkMode(path: string, stats: Stats, forbidden: number, can: string): void {
  if (!HAS_MODES || (stats.mode & forbidden) === 0) return;
  refuse(
    'insecure_secret_file',
    path,
    `mode ${octal(stats.mode)} lets other users ${can} this file`,
    `run: chmod 600 ${shellWord(path)}; replace the secret if others use this machine`,
  );
}

/**
 * Makes a directory with mode 0700, or takes one that only this user, or root, can change.
 *
 * @throws SecuredPostgrestError `insecure_secret_file`
 */
export function makePrivateDirectory(path: string): void {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  checkPrivateDirectory(path);
  if (HAS_MODES && (statSync(path).mode & 0o077) !== 0) chmodSync(path, 0o700);
}

/**
 * Checks that no other user can put files into a directory, or another directory in its place.
 *
 * @throws SecuredPostgrestError `insecure_secret_file`
 */
export function checkPrivateDirectory(path: string): void {
  if (!HAS_MODES) return;
  const directory = checkPath(resolve(path), MAX_LINKS);
  const { mode } = statSync(directory);
  if ((mode & 0o022) === 0) return;
  refuse(
    'insecure_secret_file',
    path,
    `mode ${octal(mode)} lets other users put files into this directory`,
    `remove what they put there, then run: chmod 700 ${shellWord(path)}`,
  );
}

/**
 * Checks each directory and symbolic link on the way.
 *
 * @returns the path without links
 */
function checkPath(path: string, links: number): string {
  const { root } = parse(path);
  let reached = root;
  const names = path.slice(root.length).split(sep).filter(Boolean);
  for (const [index, name] of names.entries()) {
    checkParent(reached);
    const next = join(reached, name);
    const stats = lstatSync(next);
    if (stats.isSymbolicLink()) {
      checkOwner(next, stats, 'the symbolic link');
      if (links === 0)
        refuse('insecure_secret_file', path, 'it has too many symbolic links', 'name the directory itself');
      return checkPath(resolve(dirname(next), readlinkSync(next), ...names.slice(index + 1)), links - 1);
    }
    checkOwner(next, stats, 'the directory');
    reached = next;
  }
  return reached;
}

/** In a directory with the sticky bit, such as /tmp, users cannot rename or remove the entries of others. */
function checkParent(directory: string): void {
  const { mode, gid } = statSync(directory);
  // The group of a user's own files is often the user's alone.
  const writable = (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && gid !== process.getegid!());
  if (!writable || (mode & 0o1000) !== 0) return;
  refuse(
    'insecure_secret_file',
    directory,
    `mode ${octal(mode)} lets other users replace what is in this directory`,
    `run: chmod go-w ${shellWord(directory)}; or keep the secrets elsewhere`,
  );
}

function checkOwner(path: string, { uid }: Stats, what: string): void {
  const own = process.geteuid!();
  if (uid === own || uid === 0) return;
  refuse(
    'insecure_secret_file',
    path,
    `${what} belongs to another user (uid ${uid}, not ${own})`,
    `run as that user; or, if you trust the content, run: chown -h ${own} ${shellWord(path)}`,
  );
}

function octal(mode: number): string {
  return `0${(mode & 0o777).toString(8).padStart(3, '0')}`;
}
