import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';

/** Where this user's programs keep what they can make again. SECURED_POSTGREST_CACHE names another directory. */
export function cacheDirectory(): string {
  return process.env['SECURED_POSTGREST_CACHE'] || join(userCache(), 'secured-postgrest');
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
