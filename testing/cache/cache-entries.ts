import { constants, readdirSync } from 'node:fs';
import { open, rm, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { cacheDirectory } from './cache-directory.ts';
import { isOurs } from '../../files/safe-directory.ts';

/** Begins the names of what is still being written. */
export const UNFINISHED = 'unfinished-';

/** Paths of what the cache has under names that begin so; nothing where there is no cache. */
export function entriesOf(prefix: string): string[] {
  const directory = cacheDirectory();
  if (directory === undefined) return [];
  try {
    return readdirSync(directory)
      .filter((name) => name.startsWith(prefix))
      .sort()
      .map((name) => join(directory, name));
  } catch {
    return [];
  }
}

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** Opens one to read it; fails where it is no file of this user's, such as a link or a pipe, which nothing may end. */
export async function openEntry(entry: string): Promise<FileHandle> {
  // Windows has neither.
  const file = await open(entry, O_RDONLY | (O_NOFOLLOW ?? 0) | (O_NONBLOCK ?? 0));
  const status = await file.stat();
  if (status.isFile() && (process.getuid === undefined || isOurs(status))) return file;
  await file.close();
  throw new Error(`${entry} is no file of this user`);
}

/** Removes one; whoever is reading it has it open. */
export async function discard(entry: string): Promise<void> {
  await rm(entry, { recursive: true, force: true }).catch(() => undefined);
}

/** Ends the name of each, so that damage is seen. */
export function checksum(content: Buffer | string): string {
  return crc32(content).toString(16);
}

/** Size of a read, in bytes. Allocating memory for a whole archive takes longer than reading it. */
const PART = 1024 * 1024;

/** Computes the same of an open file, from its beginning, without moving the position of other readers. */
export async function checksumOf(file: FileHandle): Promise<string> {
  const part = Buffer.allocUnsafe(PART);
  let sum = 0;
  for (let at = 0; ;) {
    const { bytesRead } = await file.read(part, 0, PART, at);
    if (bytesRead === 0) return sum.toString(16);
    sum = crc32(part.subarray(0, bytesRead), sum);
    at += bytesRead;
  }
}
