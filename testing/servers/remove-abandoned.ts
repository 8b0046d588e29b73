import { constants, fstatSync, lstatSync, openSync, closeSync, readdirSync, readFileSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { baseDirectory } from './base-directory.ts';
import { hasEnded } from './process-identity.ts';
import { removeServers } from './reaper.ts';
import { DIRECTORY_PREFIX, OWNER_FILE, type DirectoryOwner } from './server-directory.ts';

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
    // Another user's could name any process, and its files be anything.
    const status = lstatSync(directory);
    if (!status.isDirectory() || !isOwn(status)) return false;
    const owner = readOwner(join(directory, OWNER_FILE));
    return hasEnded(owner) && (owner.reaper === undefined || hasEnded(owner.reaper));
  } catch {
    // None of ours, or its owner is just making or removing it.
    return false;
  }
}

function readOwner(file: string): DirectoryOwner {
  const descriptor = openSync(file, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
  try {
    const status = fstatSync(descriptor);
    if (!status.isFile() || !isOwn(status)) throw new Error(`${file} is not ours`);
    return JSON.parse(readFileSync(descriptor, 'utf8')) as DirectoryOwner;
  } finally {
    closeSync(descriptor);
  }
}

function isOwn({ uid }: Stats): boolean {
  return process.getuid === undefined || uid === process.getuid();
}
