import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { rename, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { copyFiles, newPassword, packIntoCache } from '../cache/archives.ts';
import { discard, entriesOf } from '../cache/cache-entries.ts';
import { unpackCluster } from '../cache/cluster-cache.ts';
import { unpackDeclared } from '../cache/declared-cluster.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { createServerDirectory, type ServerDirectory } from './server-directory.ts';
import { serverEnvironment } from './server-environment.ts';
import { failStart, startProcess } from './server-process.ts';
import { idleAccount, type ServerUser } from './server-user.ts';

const INITDB_OPTIONS = [
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  // Sorts and folds the same on every machine, and outside of ASCII too.
  '--locale=C',
  '--locale-provider=icu',
  '--icu-locale=und',
  // A new cluster then has a megabyte of write-ahead log instead of sixteen.
  '--wal-segsize=1',
  // ... and no more of it than it needs.
  '--set=wal_recycle=off',
  '--set=wal_init_zero=off',
  '--set=min_wal_size=2MB',
  // Its own servers need little; the later server has settings of its own.
  '--set=shared_buffers=16MB',
  '--set=max_connections=20',
  // Its own servers have files of the cluster as shared memory, as later the server has: they go with it, ...
  '--set=dynamic_shared_memory_type=mmap',
  // ... and nothing is taken from under a server that goes on when initdb is ended.
  '--no-clean',
  '--no-sync',
  '--no-instructions',
];

/** Damage of a file system is not looked for. Before 18 that had to be asked for. */
const NO_CHECKSUMS = '--no-data-checksums';

export interface ClusterOptions {
  readonly binaries: PostgresBinaries;
  /** Gets the cluster as `data`. */
  readonly directory: ServerDirectory;
  readonly superuser: string;
  /** Key of a declaration, whose objects it may have already. @default none */
  readonly declared?: string | undefined;
}

/** The files of a server that has not been started yet. */
export interface Cluster {
  /** Password of the superuser; copies have the same, so it has to be changed. */
  readonly firstPassword: string;
  /** Archive in the cache that it is a copy of, without what a declaration has added. @default it is new */
  readonly archive?: string;
  /** Discards what it is a copy of, because Postgres does not start from it. @default it is new */
  readonly discard?: () => Promise<void>;
  /** True if it has the objects of the declaration. */
  readonly isDeclared: boolean;
  /** Resolves when the cache has it, as far as it can, and all files are there; with false if they are not. */
  readonly complete: Promise<boolean>;
}

/** Makes a cluster: a copy where the user's cache has one, otherwise by initdb, and then the cache has it. */
export async function makeCluster(options: ClusterOptions): Promise<Cluster> {
  const { directory, declared } = options;
  const key = clusterKey(options);
  const [initial] = entriesOf(key);
  if (declared !== undefined && initial !== undefined) {
    const found = await unpackDeclared({ key: declared, initial }, directory);
    if (found) return { ...found, isDeclared: true, discard: () => discard(found.archive) };
  }
  let copy = await unpackCluster(key, directory);
  // Of several servers that start at once in this process, one makes it.
  const other = making.get(key);
  if (!copy && other) {
    await other.catch(() => undefined);
    copy = await unpackCluster(key, directory);
  }
  if (copy) {
    const { archive } = copy;
    return { ...copy, isDeclared: false, complete: Promise.resolve(true), discard: () => discard(archive) };
  }
  return newCluster(options);
}

/** Makes a cluster by initdb, and then the cache has it. */
export async function newCluster(options: ClusterOptions): Promise<Cluster> {
  const key = clusterKey(options);
  const cluster = initialise(options, key);
  const made = cluster.then(({ complete }) => complete);
  making.set(key, made);
  void made.catch(() => {}).finally(() => making.get(key) === made && making.delete(key));
  return cluster;
}

const making = new Map<string, Promise<unknown>>();

/** Changes with everything that makes one new cluster differ from another. */
export function clusterKey({ binaries: { version }, superuser }: Omit<ClusterOptions, 'directory'>): string {
  const ingredients = [process.platform, process.arch, version, superuser, ...initdbOptions(version)];
  return `cluster-${createHash('sha256').update(JSON.stringify(ingredients)).digest('hex').slice(0, 16)}`;
}

function initdbOptions(version: string): readonly string[] {
  const major = Number(/\d+/.exec(version)?.[0]);
  return major >= 18 ? [...INITDB_OPTIONS, NO_CHECKSUMS] : INITDB_OPTIONS;
}

/** Makes one as a user that initdb takes, for the one that the server has. The cache gets it as it is before its first start. */
async function initialise(options: ClusterOptions, key: string): Promise<Cluster> {
  const maker = createServerDirectory({ user: idleAccount() });
  let packing: ReturnType<typeof packIntoCache> | undefined;
  try {
    const firstPassword = newPassword();
    await runInitdb(options, maker, firstPassword);
    packing = packIntoCache(key, { source: maker, password: firstPassword });
    const { directory } = options;
    const isThere = await takeData(maker, directory, packing);
    if (!isThere) throw new Error(`a new cluster cannot be moved to ${directory.path}`);
    const packed = await packing;
    const complete = Promise.all([packed?.keep(), maker.remove()]).then(() => true);
    return { firstPassword, isDeclared: false, complete };
  } catch (error) {
    await packing?.then((packed) => packed?.remove()).catch(() => {});
    await maker.remove();
    throw error;
  }
}

/** Moves a cluster when it has been packed, or copies it to another file system. Tells if that succeeded. */
async function takeData(from: ServerDirectory, to: ServerDirectory, packing: Promise<unknown>): Promise<boolean> {
  await packing;
  // Not yet as `data`: if this process dies, root can remove files of both users there.
  const moved = join(to.path, 'new-data');
  try {
    await rename(join(from.path, 'data'), moved);
  } catch {
    return copyFiles(from, { data: await to.newData(), user: to.user });
  }
  if (to.user && !(await changeOwner(moved, to.user))) return false;
  const data = await to.newData();
  // Windows renames onto nothing that exists.
  await rmdir(data);
  await rename(moved, data);
  return true;
}

/** Gives a user all files of a directory; returns false if that failed. `chown` follows no link, even if the files change meanwhile. */
async function changeOwner(directory: string, { uid, gid }: ServerUser): Promise<boolean> {
  const args = ['-R', '-h', `${uid}:${gid}`, directory];
  const chown = spawn('chown', args, { stdio: 'ignore', cwd: '/', env: serverEnvironment() });
  const failed = once(chown, 'error').then(() => false);
  return Promise.race([once(chown, 'exit').then(([code]) => code === 0), failed]).catch(() => false);
}

async function runInitdb(
  { binaries: { initdb, version }, directory, superuser }: ClusterOptions,
  maker: ServerDirectory,
  firstPassword: string,
): Promise<void> {
  const process = await startProcess({
    name: 'initdb',
    command: initdb,
    args: [
      `--pgdata=${await maker.newData()}`,
      `--username=${superuser}`,
      `--pwfile=${maker.writeServerSecret('first-password', firstPassword)}`,
      ...initdbOptions(version),
    ],
    directory: maker.path,
    // Without it, initdb searches for the time zone of this machine.
    env: { TZ: 'UTC' },
    logFile: join(directory.path, 'initdb.log'),
    user: maker.user,
    stopSignal: 'SIGTERM',
    endNow: (kill) => kill('SIGTERM'),
  });
  await process.end;
  if (process.ended() !== 'exited with code 0') failStart('initdb', String(process.ended()), process.logs());
}
