import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { baseDirectory } from './base-directory.ts';
import { hasEnded, type ProcessIdentity } from './process-identity.ts';
import { removeServers } from './reaper.ts';
import { DIRECTORY_PREFIX, OWNER_FILE } from './server-directory.ts';
import { serverUser } from './server-user.ts';

/**
 * Removes what earlier processes have left, servers that still run included: those that were killed together with their
 * reaper. What a living process uses stays, and so does what belongs to other users.
 */
export async function removeAbandoned(directory = baseDirectory()): Promise<void> {
  const abandoned = readdirSync(directory)
    .filter((name) => name.startsWith(DIRECTORY_PREFIX))
    .map((name) => join(directory, name))
    .filter(isAbandoned);
  if (abandoned.length > 0) await removeServers(abandoned);
}

function isAbandoned(directory: string): boolean {
  try {
    const file = join(directory, OWNER_FILE);
    const own = process.getuid?.();
    // Whoever else made it could have it name any process.
    if (lstatSync(file).uid !== (own ?? 0)) return false;
    if (![own ?? 0, serverUser()?.uid].includes(lstatSync(directory).uid)) return false;
    return hasEnded(JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity);
  } catch {
    // None of ours, or its owner is just making or removing it.
    return false;
  }
}
