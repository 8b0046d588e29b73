import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { open, rename, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCacheDirectory } from './cache-directory.ts';
import { checksumOf, discard, entriesOf, openEntry, UNFINISHED } from './cache-entries.ts';
import { undoAfterDeath } from '../servers/reaper.ts';
import type { ServerDirectory } from '../servers/server-directory.ts';
import { serverEnvironment } from '../servers/server-environment.ts';
import type { ServerUser } from '../servers/server-user.ts';

/** In bytes; an archive begins with the password of its superuser. */
export const FIRST_PASSWORD_LENGTH = 32;
const HOUR_MS = 3_600_000;

/** Makes a password of that length. */
export function newPassword(): string {
  return randomBytes((FIRST_PASSWORD_LENGTH / 4) * 3).toString('base64url');
}

/** An archive in the cache that others can have as soon as it is `kept`. */
export interface NewArchive {
  readonly path: string;
  /** Has it kept under its key, or removes it. Does not reject: then the next server makes its cluster anew. */
  keep(): Promise<void>;
  remove(): Promise<void>;
}

/** Files of a cluster. */
export interface Packed {
  readonly source: Pick<ServerDirectory, 'path' | 'user'>;
  /** Password of its superuser. */
  readonly password: string;
  /** Patterns of files that are left out. @default none */
  readonly without?: readonly string[];
}

/** Packs files into the cache; undefined where the disk is full or the cache cannot be written. */
export async function packIntoCache(key: string, files: Packed): Promise<NewArchive | undefined> {
  const cache = await Promise.resolve()
    .then(makeCacheDirectory)
    .catch(() => undefined);
  if (cache === undefined) return undefined;
  const path = join(cache, UNFINISHED + randomUUID());
  const withdraw = undoAfterDeath(['rm', '-f', path]);
  const remove = () => discard(path).then(withdraw);
  if (!(await pack(path, files).catch(() => false))) {
    await remove();
    return undefined;
  }
  return {
    path,
    remove,
    keep: () =>
      keep(key, path, cache)
        .catch(() => {})
        .finally(remove),
  };
}

async function keep(key: string, unfinished: string, cache: string): Promise<void> {
  const file = await openEntry(unfinished);
  const sum = await checksumOf(file).finally(() => file.close());
  await rename(unfinished, `${join(cache, key)}-${sum}.tar`);
  // Others may have made theirs at the same time. Whoever is reading one has it open.
  for (const archive of entriesOf(key).slice(1)) await discard(archive);
  for (const archive of entriesOf(UNFINISHED)) await discardOld(archive);
}

/** Removes an old archive, left by a process that was killed together with its reaper. */
async function discardOld(archive: string): Promise<void> {
  const { mtimeMs } = await stat(archive);
  if (mtimeMs < Date.now() - HOUR_MS) await discard(archive);
}

/** Writes an archive; tells if it is complete. */
async function pack(archive: string, { source, password, without = [] }: Packed): Promise<boolean> {
  const file = await open(archive, 'wx', 0o600);
  try {
    await file.write(password);
    const excluded = without.flatMap((pattern) => ['--exclude', pattern]);
    return await startTar(dataOf(source), [...excluded, '-c', '.'], ['ignore', file.fd], source.user).isComplete;
  } finally {
    await file.close();
  }
}

/** Where an archive is unpacked to. */
export interface Unpacked {
  /** A directory that belongs to the user. */
  readonly data: string;
  readonly user: ServerUser | undefined;
  /** The only files, as a path in the archive. @default all */
  readonly only?: string;
}

/** Unpacks an archive, and discards it if it is damaged; answers the password if it was sound and there was room for it. */
export async function unpack(archive: string, { data, user, only }: Unpacked): Promise<string | undefined> {
  const file = await openEntry(archive).catch(() => undefined);
  if (!file) {
    await discard(archive);
    return undefined;
  }
  try {
    const password = Buffer.alloc(FIRST_PASSWORD_LENGTH);
    await file.read(password, 0, FIRST_PASSWORD_LENGTH, null);
    // `tar` reads on from here. Both read from memory, and each keeps a core busy.
    const unpacking = startTar(data, [...UNPACK, ...(only === undefined ? [] : [only])], [file.fd, 'ignore'], user);
    const checking = isSound(file, archive).catch(() => false);
    const [isComplete, sound] = await Promise.all([unpacking.isComplete, checking]);
    if (!sound) await discard(archive);
    return isComplete && sound ? password.toString() : undefined;
  } catch {
    return undefined;
  } finally {
    await file.close();
  }
}

/** Copies files to a directory without an archive; tells if all are there. */
export async function copyFiles(source: Packed['source'], { data, user }: Omit<Unpacked, 'only'>): Promise<boolean> {
  const reading = startTar(dataOf(source), ['-c', '.'], ['ignore', 'pipe'], source.user);
  const writing = startTar(data, UNPACK, [reading.output!, 'ignore'], user);
  // Only the other process reads: should it end early, this one must not wait for room.
  reading.output!.destroy();
  const [isRead, isWritten] = await Promise.all([reading.isComplete, writing.isComplete]);
  return isRead && isWritten;
}

async function isSound(file: FileHandle, archive: string): Promise<boolean> {
  return archive.endsWith(`-${await checksumOf(file)}.tar`);
}

/** In 512-byte units: bigger blocks, fewer calls. */
const BLOCKING_FACTOR = '512';

/** File times need not be restored. */
const UNPACK = ['-x', '-m'];

const dataOf = ({ path }: Packed['source']) => join(path, 'data');

interface Tar {
  /** Its output, if that goes to a pipe. */
  readonly output: Readable | null;
  readonly isComplete: Promise<boolean>;
}

/** Runs as the server's user, whose the files are. */
function startTar(
  directory: string,
  args: readonly string[],
  [input, output]: readonly [number | Readable | 'ignore', number | 'pipe' | 'ignore'],
  user: ServerUser | undefined,
): Tar {
  const child = spawn('tar', ['-C', directory, '-f', '-', '-b', BLOCKING_FACTOR, ...args], {
    stdio: [input, output, 'ignore'],
    cwd: '/',
    env: serverEnvironment(),
    windowsHide: true,
    ...user,
  });
  const failed = once(child, 'error').then(() => false);
  const ended = once(child, 'exit').then(([code]) => code === 0);
  return { output: child.stdout, isComplete: Promise.race([ended, failed]).catch(() => false) };
}
