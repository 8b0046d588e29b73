import { accessSync, constants, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** In containers it is often 64 MB, which a few databases would fill. */
const ROOMY = 1024 ** 3;

/**
 * Where servers keep what nobody needs after them: in memory where the system has a directory for that with 1 GB left,
 * otherwise where temporary files go. TMPDIR (TEMP on Windows) names another place.
 */
export function baseDirectory(): string {
  const asked = process.env['TMPDIR'] || process.env['TEMP'] || process.env['TMP'];
  return asked || !isRoomy('/dev/shm') ? tmpdir() : '/dev/shm';
}

function isRoomy(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK);
    const { bavail, bsize } = statfsSync(directory);
    return bavail * bsize >= ROOMY;
  } catch {
    return false;
  }
}
