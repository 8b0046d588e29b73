import { accessSync, constants, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { safeDirectory } from '../../files/safe-directory.ts';

/** In containers it is often 64 MB, which a few databases would fill. */
const ROOMY = 1024 ** 3;

/**
 * Where servers keep what nobody needs after them: in memory where the system has a directory for that with 1 GB left,
 * otherwise where temporary files go. TMPDIR (TEMP on Windows) names another place.
 *
 * Throws `unsafe_directory` if other users could replace what servers keep there.
 */
export function baseDirectory(): string {
  const asked = process.env['TMPDIR'] || process.env['TEMP'] || process.env['TMP'];
  const inMemory = asked ? undefined : roomyMemory();
  return inMemory ?? safeTemporaryDirectory();
}

/** The system's directory for temporary files, or the one that TMPDIR names. */
export function safeTemporaryDirectory(): string {
  return safeDirectory(tmpdir()) ?? refuseUnsafe('TMPDIR', tmpdir());
}

export function refuseUnsafe(place: string, directory: string): never {
  refuse(
    'unsafe_directory',
    place,
    `another user can replace ${directory}, or what is in it`,
    'let only you and root own and write it and the directories above it, or set the sticky bit (chmod +t)',
  );
}

function roomyMemory(): string | undefined {
  try {
    accessSync('/dev/shm', constants.W_OK | constants.X_OK);
    const { bavail, bsize } = statfsSync('/dev/shm');
    return bavail * bsize >= ROOMY ? safeDirectory('/dev/shm') : undefined;
  } catch {
    return undefined;
  }
}
