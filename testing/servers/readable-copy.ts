import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, lstatSync, mkdtempSync, readdirSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * A directory with programs that every user can run and only this one can write. It is made once and kept.
 *
 * @param directory where it is made, under a name with `programs` in it
 * @param fill puts the programs into the new, empty directory
 */
export async function readableCopy(
  directory: string,
  programs: string,
  fill: (copy: string) => Promise<void>,
): Promise<string> {
  const name = `secured-postgrest-${process.getuid?.() ?? 'user'}-${programs}`;
  const known = ownCopy(directory, name);
  if (known !== undefined) return known;

  const unfinished = mkdtempSync(join(directory, `${name}-`));
  try {
    await fill(unfinished);
    makeReadableByAll(unfinished);
    return await publish(unfinished, directory, name);
  } catch (error) {
    await rm(unfinished, { recursive: true, force: true });
    throw error;
  }
}

async function publish(unfinished: string, directory: string, name: string): Promise<string> {
  const copy = join(directory, name);
  try {
    await rename(unfinished, copy);
    return copy;
  } catch {
    // Another process has finished its copy first, or another user has taken the name.
    const other = ownCopy(directory, name) ?? `${copy}.${randomBytes(6).toString('hex')}`;
    if (existsSync(other)) await rm(unfinished, { recursive: true, force: true });
    else await rename(unfinished, other);
    return other;
  }
}

/** A copy that was made before, unless another user could have written the programs in it. */
function ownCopy(directory: string, name: string): string | undefined {
  return readdirSync(directory)
    .filter((entry) => entry === name || entry.startsWith(`${name}.`))
    .map((entry) => join(directory, entry))
    .find((copy) => {
      const status = lstatSync(copy, { throwIfNoEntry: false });
      if (!status?.isDirectory()) return false;
      return process.getuid === undefined || (status.uid === process.getuid() && (status.mode & 0o022) === 0);
    });
}

function makeReadableByAll(path: string): void {
  const status = lstatSync(path);
  if (status.isSymbolicLink()) return;
  const executable = status.isDirectory() || (status.mode & 0o100) !== 0;
  chmodSync(path, executable ? 0o755 : 0o644);
  if (status.isDirectory()) for (const entry of readdirSync(path)) makeReadableByAll(join(path, entry));
}
