import { readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { cacheDirectory } from './cache-directory.ts';

/** Begins the names of what is still being written. */
export const UNFINISHED = 'unfinished-';

/** Paths of what the cache has under names that begin so; nothing where there is no cache. */
export function entriesOf(prefix: string): string[] {
  try {
    return readdirSync(cacheDirectory())
      .filter((name) => name.startsWith(prefix))
      .sort()
      .map((name) => join(cacheDirectory(), name));
  } catch {
    return [];
  }
}

/** Removes one; whoever is reading it has it open. */
export async function discard(entry: string): Promise<void> {
  await rm(entry, { recursive: true, force: true }).catch(() => undefined);
}

/** Ends the name of each, so that damage is seen. */
export function checksum(content: Buffer | string): string {
  return crc32(content).toString(16);
}
