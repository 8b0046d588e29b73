import { existsSync, mkdirSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { privateDirectory, safeDirectory } from '../../files/safe-directory.ts';

/**
 * Directory for files that this user's programs can make again. SECURED_POSTGREST_CACHE names another directory. Undefined if
 * there is none, or if another user could write to it: the programs run or trust these files.
 */
export function cacheDirectory(): string | undefined {
  try {
    return privateDirectory(cachePath());
  } catch {
    return undefined;
  }
}

/** The same, made where it is missing. */
export function makeCacheDirectory(): string | undefined {
  const path = cachePath();
  let existing = path;
  while (!existsSync(existing)) existing = dirname(existing);
  // Below a link of another user it would be made at a place of that user's choice.
  if (safeDirectory(existing) === undefined) return undefined;
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return cacheDirectory();
}

function cachePath(): string {
  return resolve(process.env['SECURED_POSTGREST_CACHE'] || join(userCache(), 'secured-postgrest'));
}

/** The XDG Base Directory Specification, and the platforms' own places. */
function userCache(): string {
  // HOME may be there and empty.
  const home = homedir() || userInfo().homedir;
  switch (process.platform) {
    case 'darwin':
      return join(home, 'Library', 'Caches');
    case 'win32':
      return process.env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local');
    default:
      return process.env['XDG_CACHE_HOME'] || join(home, '.cache');
  }
}
