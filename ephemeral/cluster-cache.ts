import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { cacheDirectory } from './cache-directory.ts';
import { serverUser } from './server-user.ts';

/** What is kept of a server's directory. */
const PARTS = ['data', 'first-password'];

// Each cluster is one archive, named after its key and its checksum: it is there as a whole or not at all, whoever else
// writes one at the same time, and damage is seen. Where nothing can be read or written there is no cache.

/** Copies the cluster of a key into a server's directory; false if there is no sound one. */
export async function unpackCluster(key: string, target: string): Promise<boolean> {
  const archive = archivesOf(key)[0];
  if (archive === undefined) return false;
  // Both read the file from memory, and each keeps a core busy.
  const [unpacked, sound] = await Promise.all([unpack(archive, target), isSound(archive)]);
  if (unpacked && sound) return true;
  await rm(archive, { force: true }).catch(() => undefined);
  for (const part of PARTS) await rm(join(target, part), { recursive: true, force: true });
  return false;
}

/** Keeps the cluster of a server that has not been started yet. */
export async function packCluster(key: string, source: string): Promise<void> {
  const unfinished = join(cacheDirectory(), `unfinished-${randomUUID()}`);
  try {
    await mkdir(cacheDirectory(), { recursive: true, mode: 0o700 });
    const file = openSync(unfinished, 'wx', 0o600);
    const packed = await tar(['-c', '-f', '-', '-C', source, ...PARTS], 'ignore', file).finally(() => closeSync(file));
    if (packed) await rename(unfinished, join(cacheDirectory(), nameOf(key, await readFile(unfinished))));
  } catch {
    // A full disk, or a home that can not be written: the next server makes its cluster anew.
  }
  await rm(unfinished, { force: true }).catch(() => undefined);
}

export async function discardCluster(key: string): Promise<void> {
  for (const archive of archivesOf(key)) await rm(archive, { force: true }).catch(() => undefined);
}

function archivesOf(key: string): string[] {
  try {
    return readdirSync(cacheDirectory())
      .filter((name) => name.startsWith(`${key}-`))
      .map((name) => join(cacheDirectory(), name));
  } catch {
    return [];
  }
}

function nameOf(key: string, archive: Buffer): string {
  return `${key}-${crc32(archive).toString(16)}.tar`;
}

async function isSound(archive: string): Promise<boolean> {
  const content = await readFile(archive).catch(() => undefined);
  return content !== undefined && archive.endsWith(`-${crc32(content).toString(16)}.tar`);
}

async function unpack(archive: string, target: string): Promise<boolean> {
  try {
    const file = openSync(archive, 'r');
    return await tar(['-x', '-f', '-', '-C', target], file, 'ignore').finally(() => closeSync(file));
  } catch {
    return false;
  }
}

/** Runs as the server's user, whose the files are; whether it succeeded. */
async function tar(args: readonly string[], input: number | 'ignore', output: number | 'ignore'): Promise<boolean> {
  const child = spawn('tar', args, { stdio: [input, output, 'ignore'], cwd: '/', windowsHide: true, ...serverUser() });
  const failed = once(child, 'error').then(() => false);
  const ended = once(child, 'close').then(([code]) => code === 0);
  return Promise.race([ended, failed]).catch(() => false);
}
