import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { refuse } from '../declaration/errors.ts';
import { baseDirectory } from './base-directory.ts';
import { cleanUpAtExit } from './exit-cleanups.ts';
import { ownIdentity } from './process-identity.ts';
import { removeServers, undoAfterDeath } from './reaper.ts';
import type { ServerUser } from './server-user.ts';

/** Of directories without a path of their own; {@link removeAbandoned} looks for it. */
export const DIRECTORY_PREFIX = 'secured-postgrest-';
/** The file in each that says whose it is. */
export const OWNER_FILE = 'owner.json';

/** A directory of mode 0700 that lives as long as its server, and at most as long as this process. */
export interface ServerDirectory {
  readonly path: string;
  /** Writes a file of mode 0600 that the server may read, and returns its path. */
  writeSecret(name: string, secret: string): string;
  remove(): Promise<void>;
}

export interface ServerDirectoryOptions {
  /** A path where nothing is yet. @default a new directory where temporary files go */
  readonly path?: string | undefined;
  /** Whether the reaper alone removes it when this process ends, because what it undoes before needs the files. @default false */
  readonly forReaper?: boolean;
  /** Owner of the directory. @default the user of this process */
  readonly user?: ServerUser | undefined;
}

/** Makes the directory; throws `invalid_prop` if the path exists, because the directory is removed later. */
export function createServerDirectory({ path, forReaper = false, user }: ServerDirectoryOptions = {}): ServerDirectory {
  // The reaper, which is somewhere else, knows it by its whole path.
  const directory = resolve(path ?? join(baseDirectory(), DIRECTORY_PREFIX + randomBytes(6).toString('hex')));
  // A path that somebody else has named may exist, and must not be removed then.
  if (path !== undefined) create(directory);
  const withdraw = undoAfterDeath(['remove_server', directory]);
  if (path === undefined) create(directory);
  const removal = { recursive: true, force: true, maxRetries: 10, retryDelay: 50 };
  const forget = cleanUpAtExit(() => {
    if (!forReaper && !isInUse(directory)) rmSync(directory, removal);
  });
  writeFileSync(join(directory, OWNER_FILE), JSON.stringify(ownIdentity()), { mode: 0o600 });
  if (user !== undefined) chownSync(directory, user.uid, user.gid);
  return {
    path: directory,
    writeSecret(name, secret) {
      const file = join(directory, name);
      writeFileSync(file, secret, { mode: 0o600 });
      if (user !== undefined) chownSync(file, user.uid, user.gid);
      return file;
    },
    async remove() {
      if (isInUse(directory)) await removeServers([directory]);
      // Last whose it is: should this be cut off, somebody else goes on with it.
      const entries = existsSync(directory) ? readdirSync(directory).filter((name) => name !== OWNER_FILE) : [];
      for (const entry of entries) await rm(join(directory, entry), removal);
      await rm(directory, removal);
      forget();
      await withdraw();
    },
  };
}

/** Whether a Postgres runs in it, or was killed and has not given its shared memory back: the reaper sees to that. */
function isInUse(directory: string): boolean {
  return process.platform !== 'win32' && existsSync(join(directory, 'data', 'postmaster.pid'));
}

function create(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    refuse(
      'invalid_prop',
      'directory',
      `${path} cannot be made (${reason})`,
      'name a new directory in an existing one',
    );
  }
}
