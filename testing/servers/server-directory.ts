import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import { baseDirectory, refuseUnsafe } from './base-directory.ts';
import { endServer, endServerNow, userWords } from './end-server.ts';
import { cleanUpAtExit } from './exit-cleanups.ts';
import { ownIdentity, type ProcessIdentity } from './process-identity.ts';
import { reaperIdentity, removeServers, undoAfterDeath } from './reaper.ts';
import { hasNothing } from './server-user.ts';
import { safeDirectory } from '../../files/safe-directory.ts';
import type { ServerUser } from './server-user.ts';

/** Prefix of directories in the temporary directory; {@link removeAbandoned} looks for it. */
export const DIRECTORY_PREFIX = 'secured-postgrest-';
/** The file in each that says whose it is. */
export const OWNER_FILE = 'owner.json';

/** The process that a directory belongs to, and the reaper if that needs the files longer. */
export interface DirectoryOwner extends ProcessIdentity {
  readonly reaper?: ProcessIdentity | undefined;
}

/**
 * A directory that lives as long as its server, and at most as long as this process. Only the user of this process can
 * write it: a server with a user of its own reads there, and writes in its `data`.
 */
export interface ServerDirectory {
  readonly path: string;
  /** User of its servers; undefined for the user of this process. */
  readonly user: ServerUser | undefined;
  /** Makes an empty directory `data` that belongs to the server's user, and returns its path. */
  newData(): Promise<string>;
  /** Writes a file that only the user of this process can read, and returns its path. */
  writeSecret(name: string, secret: string): string;
  /** Writes a file that the server's user can read too. */
  writeServerSecret(name: string, secret: string): string;
  remove(): Promise<void>;
}

export interface ServerDirectoryOptions {
  /** A path where nothing is yet. @default a new directory where temporary files go */
  readonly path?: string | undefined;
  /** True if the reaper alone removes it when this process ends, because what it undoes before needs the files. @default false */
  readonly forReaper?: boolean;
  /** User of the servers in it. @default the user of this process */
  readonly user?: ServerUser | undefined;
}

/**
 * Makes the directory; throws `invalid_prop` if the path exists, because the directory is removed later, and
 * `unsafe_directory` if another user could replace it.
 */
export function createServerDirectory(options: ServerDirectoryOptions = {}): ServerDirectory {
  const { path, forReaper = false, user } = options;
  // The reaper, which is somewhere else, knows it by its whole path.
  const directory = path === undefined ? join(baseDirectory(), DIRECTORY_PREFIX + randomName()) : safePath(path);
  // A path that somebody else has named may exist, and must not be removed then.
  if (path !== undefined) create(directory);
  const withdraw = undoAfterDeath(['remove_server', directory, ...userWords(user)]);
  if (path === undefined) create(directory);
  const data = join(directory, 'data');
  const removal = { recursive: true, force: true, maxRetries: 10, retryDelay: 50 };
  const forget = cleanUpAtExit(() => {
    if (forReaper) return;
    if (user === undefined && isInUse(directory)) return;
    if (user !== undefined && existsSync(data)) {
      endServerNow(directory, user);
      rmdirSync(data);
    }
    rmSync(directory, removal);
  });
  const owner: DirectoryOwner = { ...ownIdentity(), ...(forReaper && { reaper: reaperIdentity() }) };
  try {
    write(OWNER_FILE, JSON.stringify(owner));
    // Its group is the one way into it; a umask could have closed that.
    if (user !== undefined) giveToGroup(directory, user, 0o710);
  } catch (error) {
    rmSync(directory, removal);
    forget();
    void withdraw();
    throw error;
  }

  function write(name: string, content: string): string {
    const file = join(directory, name);
    writeFileSync(file, content, { mode: 0o600 });
    return file;
  }

  async function empty(): Promise<void> {
    if (user !== undefined && readdirSync(data).length === 0 && hasNothing(user)) return;
    if (user !== undefined) await endServer(directory, user);
    else if (isInUse(directory)) await removeServers([directory]);
    else await rm(data, removal);
  }

  return {
    path: directory,
    user,
    async newData() {
      if (existsSync(data)) await empty();
      if (!existsSync(data)) mkdirSync(data, { mode: 0o700 });
      if (user !== undefined) chownSync(data, user.uid, user.gid);
      return data;
    },
    writeSecret: write,
    writeServerSecret(name, secret) {
      const file = write(name, secret);
      if (user !== undefined) giveToGroup(file, user, 0o640);
      return file;
    },
    async remove() {
      if (existsSync(data)) await empty();
      // Not what is in it: should the server's user go on there, it could have root follow links.
      if (existsSync(data)) rmdirSync(data);
      // Last whose it is: should this be cut off, somebody else goes on with it.
      const entries = existsSync(directory) ? readdirSync(directory).filter((name) => name !== OWNER_FILE) : [];
      await Promise.all(entries.map((entry) => rm(join(directory, entry), removal)));
      await rm(directory, removal);
      forget();
      await withdraw();
    },
  };
}

const randomName = () => randomBytes(6).toString('hex');

function giveToGroup(path: string, { gid }: ServerUser, mode: number): void {
  chownSync(path, process.getuid!(), gid);
  chmodSync(path, mode);
}

/** Tests if a Postgres runs in it, or was killed and has not given its shared memory back: the reaper sees to that. */
function isInUse(directory: string): boolean {
  return process.platform !== 'win32' && existsSync(join(directory, 'data', 'postmaster.pid'));
}

function safePath(path: string): string {
  const absolute = resolve(path);
  const parent = attempt(absolute, () => safeDirectory(dirname(absolute)));
  return join(parent ?? refuseUnsafe('directory', dirname(absolute)), basename(absolute));
}

function create(path: string): void {
  attempt(path, () => mkdirSync(path, { mode: 0o700 }));
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
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
