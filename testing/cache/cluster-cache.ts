import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { open, rename, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { makeCacheDirectory } from './cache-directory.ts';
import { checksumOf, discard, entriesOf, openEntry, UNFINISHED } from './cache-entries.ts';
import { undoAfterDeath } from '../servers/reaper.ts';
import type { ServerDirectory } from '../servers/server-directory.ts';
import { serverEnvironment } from '../servers/server-environment.ts';
import type { ServerUser } from '../servers/server-user.ts';

/** In bytes; an archive begins with it. */
export const FIRST_PASSWORD_LENGTH = 32;
const HOUR_MS = 3_600_000;

// Each cluster is one archive, named after its key and its checksum: it is there as a whole or not at all, whoever else
// writes one at the same time, and damage is seen. Where nothing can be read or written there is no cache.

/** A cluster that was packed, and that others can have as soon as it is `kept`. */
export interface PackedCluster {
  readonly archive: string;
  /** Has it kept under its key, or removes it. Does not reject: then the next server makes its cluster anew. */
  keep(): Promise<void>;
}

/** Copies the cluster of a key into a server's directory; returns its first password, or undefined without a sound one. */
export async function unpackCluster(key: string, target: ServerDirectory): Promise<string | undefined> {
  for (const archive of entriesOf(key)) {
    const firstPassword = await unpack(archive, target, isSound);
    if (firstPassword !== undefined) return firstPassword;
    await discard(archive);
  }
  return undefined;
}

/**
 * Packs the cluster of a server that has not been started yet: into the cache, or beside it where the disk is full or the
 * cache can not be written.
 */
export async function packCluster(key: string, source: ServerDirectory, firstPassword: string): Promise<PackedCluster> {
  const cache = await Promise.resolve()
    .then(makeCacheDirectory)
    .catch(() => undefined);
  if (cache !== undefined) {
    const unfinished = join(cache, UNFINISHED + randomUUID());
    const withdraw = undoAfterDeath(['rm', '-f', unfinished]);
    const remove = () => discard(unfinished).then(withdraw);
    const packed = await pack(source, firstPassword, unfinished).catch(() => false);
    if (packed)
      return {
        archive: unfinished,
        keep: () =>
          keep(key, unfinished, cache)
            .catch(() => {})
            .finally(remove),
      };
    await remove();
  }
  const archive = join(source.path, 'cluster.tar');
  if (!(await pack(source, firstPassword, archive))) throw new Error(`${archive} cannot be written`);
  return { archive, keep: () => Promise.resolve() };
}

/** Copies a cluster that was just packed. */
export async function unpackNew({ archive }: PackedCluster, target: ServerDirectory): Promise<void> {
  if ((await unpack(archive, target)) === undefined) throw new Error(`${archive} cannot be unpacked`);
}

async function keep(key: string, unfinished: string, cache: string): Promise<void> {
  const file = await openEntry(unfinished);
  const sum = await checksumOf(file).finally(() => file.close());
  await rename(unfinished, `${join(cache, key)}-${sum}.tar`);
  // Others may have made theirs at the same time. Whoever is reading one has it open.
  for (const archive of entriesOf(key).slice(1)) await discard(archive);
  for (const archive of entriesOf(UNFINISHED)) await discardOld(archive);
}

export async function discardCluster(key: string): Promise<void> {
  for (const archive of entriesOf(key)) await discard(archive);
}

/** Removes an old archive, left by a process that was killed together with its reaper. */
async function discardOld(archive: string): Promise<void> {
  const { mtimeMs } = await stat(archive);
  if (mtimeMs < Date.now() - HOUR_MS) await discard(archive);
}

async function pack(source: ServerDirectory, firstPassword: string, archive: string): Promise<boolean> {
  const file = await open(archive, 'wx', 0o600);
  try {
    await file.write(firstPassword);
    return await tar(join(source.path, 'data'), ['-c', '.'], 'ignore', file.fd, source.user);
  } finally {
    await file.close();
  }
}

/** The first password, if it was sound and there is room for it. */
async function unpack(
  archive: string,
  target: ServerDirectory,
  isSound: (file: FileHandle, archive: string) => Promise<boolean> = () => Promise.resolve(true),
): Promise<string | undefined> {
  try {
    const file = await openEntry(archive);
    try {
      const data = await target.newData();
      const firstPassword = Buffer.alloc(FIRST_PASSWORD_LENGTH);
      await file.read(firstPassword, 0, FIRST_PASSWORD_LENGTH, null);
      // `tar` reads on from here, and need not restore file times. Both read from memory, and each keeps a core busy.
      const unpacked = tar(data, ['-x', '-m'], file.fd, 'ignore', target.user);
      const both = await Promise.all([unpacked, isSound(file, archive).catch(() => false)]);
      return both.every(Boolean) ? firstPassword.toString() : undefined;
    } finally {
      await file.close();
    }
  } catch {
    return undefined;
  }
}

async function isSound(file: FileHandle, archive: string): Promise<boolean> {
  return archive.endsWith(`-${await checksumOf(file)}.tar`);
}

/** In 512-byte units: bigger blocks, fewer calls. */
const BLOCKING_FACTOR = '512';

/** Runs as the server's user, whose the files are; whether it succeeded. */
async function tar(
  directory: string,
  args: readonly string[],
  input: number | 'ignore',
  output: number | 'ignore',
  user: ServerUser | undefined,
): Promise<boolean> {
  const child = spawn('tar', ['-C', directory, '-f', '-', '-b', BLOCKING_FACTOR, ...args], {
    stdio: [input, output, 'ignore'],
    cwd: '/',
    env: serverEnvironment(),
    windowsHide: true,
    ...user,
  });
  const failed = once(child, 'error').then(() => false);
  const ended = once(child, 'close').then(([code]) => code === 0);
  return Promise.race([ended, failed]).catch(() => false);
}
