import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, open, readFile, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory } from './cache-directory.ts';
import { checksum, discard, entriesOf, UNFINISHED } from './cache-entries.ts';
import { undoAfterDeath } from './reaper.ts';
import { serverUser } from './server-user.ts';

/** What is kept of a server's directory. */
const PARTS = ['data', 'first-password'];
const HOUR_MS = 3_600_000;

// Each cluster is one archive, named after its key and its checksum: it is there as a whole or not at all, whoever else
// writes one at the same time, and damage is seen. Where nothing can be read or written there is no cache.

/** Copies the cluster of a key into a server's directory; false if there is no sound one. */
export async function unpackCluster(key: string, target: string): Promise<boolean> {
  for (const archive of entriesOf(key)) {
    if (await unpack(archive, target)) return true;
    await discard(archive);
    for (const part of PARTS) await rm(join(target, part), { recursive: true, force: true });
  }
  return false;
}

/**
 * Keeps the cluster of a server that has not been started yet. Resolves when all of it has been read; `kept` does when
 * others can have it. Neither rejects: with a full disk, or a home that can not be written, the next server makes its
 * cluster anew.
 */
export async function packCluster(key: string, source: string): Promise<{ readonly kept: Promise<void> }> {
  const unfinished = join(cacheDirectory(), UNFINISHED + randomUUID());
  const withdraw = undoAfterDeath(['rm', '-f', unfinished]);
  const packed = await pack(source, unfinished).catch(() => false);
  const finish = async () => {
    if (packed) await keep(key, unfinished).catch(() => {});
    await discard(unfinished);
    await withdraw();
  };
  return { kept: finish() };
}

async function keep(key: string, unfinished: string): Promise<void> {
  await rename(unfinished, `${join(cacheDirectory(), key)}-${checksum(await readFile(unfinished))}.tar`);
  // Others may have made theirs at the same time. Whoever is reading one has it open.
  for (const archive of entriesOf(key).slice(1)) await discard(archive);
  for (const archive of entriesOf(UNFINISHED)) await discardOld(archive);
}

export async function discardCluster(key: string): Promise<void> {
  for (const archive of entriesOf(key)) await discard(archive);
}

/** Of a process that was killed together with its reaper. */
async function discardOld(archive: string): Promise<void> {
  const { mtimeMs } = await stat(archive);
  if (mtimeMs < Date.now() - HOUR_MS) await discard(archive);
}

async function pack(source: string, unfinished: string): Promise<boolean> {
  await mkdir(cacheDirectory(), { recursive: true, mode: 0o700 });
  const file = await open(unfinished, 'wx', 0o600);
  return tar(source, ['-c', ...PARTS], 'ignore', file.fd).finally(() => file.close());
}

/** Whether it was sound, and there is room for it. */
async function unpack(archive: string, target: string): Promise<boolean> {
  try {
    const file = await open(archive, 'r');
    // Both read it from memory, and each keeps a core busy.
    const both = Promise.all([tar(target, ['-x'], file.fd, 'ignore'), isSound(file, archive).catch(() => false)]);
    return (await both.finally(() => file.close())).every(Boolean);
  } catch {
    return false;
  }
}

async function isSound(file: FileHandle, archive: string): Promise<boolean> {
  const content = Buffer.allocUnsafe((await file.stat()).size);
  // From its beginning, wherever the other reader is.
  await file.read(content, 0, content.length, 0);
  return archive.endsWith(`-${checksum(content)}.tar`);
}

/** In 512-byte units: bigger blocks, fewer calls. */
const BLOCKING_FACTOR = '512';

/** Runs as the server's user, whose the files are; whether it succeeded. */
async function tar(
  directory: string,
  args: readonly string[],
  input: number | 'ignore',
  output: number | 'ignore',
): Promise<boolean> {
  const child = spawn('tar', ['-C', directory, '-f', '-', '-b', BLOCKING_FACTOR, ...args], {
    stdio: [input, output, 'ignore'],
    cwd: '/',
    windowsHide: true,
    ...serverUser(),
  });
  const failed = once(child, 'error').then(() => false);
  const ended = once(child, 'close').then(([code]) => code === 0);
  return Promise.race([ended, failed]).catch(() => false);
}
