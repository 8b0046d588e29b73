import { createHash, randomUUID } from 'node:crypto';
import { readdir, readFile, rename, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Declaration } from '../../declaration/types.ts';
import { makeCacheDirectory } from './cache-directory.ts';
import { checksum, discard, entriesOf, openEntry, UNFINISHED } from './cache-entries.ts';
import { undoAfterDeath } from '../servers/reaper.ts';

/** Directories whose content decides what the runner does. */
const RUNNER = ['apply', 'audit', 'compile', 'declaration', 'errors', 'postgres', 'sql'];
const WEEK_MS = 7 * 86_400_000;

/**
 * SQL that brought an empty database of a new cluster to a declaration. The next such database replays it: another run
 * would take a quarter of a start. It has the migrations themselves, not their results.
 */
export interface CachedTranscript {
  /** Undefined if the cache has none. */
  readonly messages: readonly string[] | undefined;
  /** Writes the messages of a run to the cache. Does nothing if the cache cannot be written to. */
  keep(messages: readonly string[]): Promise<void>;
  /** Removes a transcript whose replay failed. */
  discard(): Promise<void>;
}

/**
 * Opens the cache of a declaration.
 *
 * @param cluster key of everything that makes one new cluster differ from another
 */
export async function openTranscript(declaration: Declaration, cluster: string): Promise<CachedTranscript> {
  const ingredients = JSON.stringify([cluster, await runnerDigest(), declaration]);
  const key = `transcript-${createHash('sha256').update(ingredients).digest('hex').slice(0, 32)}`;
  return {
    messages: await read(key).catch(() => undefined),
    async keep(messages) {
      await write(key, messages).catch(() => {});
      await Promise.all(entriesOf('transcript-').map(discardOld));
    },
    async discard() {
      await Promise.all(entriesOf(key).map(discard));
    },
  };
}

async function read(key: string): Promise<readonly string[] | undefined> {
  for (const path of entriesOf(key)) {
    const file = await openEntry(path);
    const content = await file.readFile('utf8').finally(() => file.close());
    if (basename(path) !== fileName(key, content)) continue;
    await utimes(path, new Date(), new Date()).catch(() => {});
    return JSON.parse(content) as string[];
  }
  return undefined;
}

async function write(key: string, messages: readonly string[]): Promise<void> {
  const content = JSON.stringify(messages);
  const cache = makeCacheDirectory();
  if (cache === undefined) return;
  const unfinished = join(cache, UNFINISHED + randomUUID());
  const withdraw = undoAfterDeath(['rm', '-f', unfinished]);
  try {
    await writeFile(unfinished, content, { mode: 0o600, flag: 'wx' });
    await rename(unfinished, join(cache, fileName(key, content)));
  } finally {
    await discard(unfinished);
    await withdraw();
  }
}

/** Names a file with a checksum of its content, which reveals damage. */
function fileName(key: string, content: string): string {
  return `${key}-${checksum(content)}.json`;
}

async function discardOld(path: string): Promise<void> {
  // Another process may be removing the same file.
  const age = await stat(path)
    .then(({ mtimeMs }) => Date.now() - mtimeMs)
    .catch(() => 0);
  if (age > WEEK_MS) await discard(path);
}

/** Digest of the code and the SQL that a transcript comes from. */
function runnerDigest(): Promise<string> {
  return (digest ??= digestRunner());
}

let digest: Promise<string> | undefined;

async function digestRunner(): Promise<string> {
  const hash = createHash('sha256');
  for (const part of RUNNER) {
    const directory = fileURLToPath(new URL(`../../${part}/`, import.meta.url));
    const files = (await readdir(directory, { recursive: true, withFileTypes: true })).filter((file) => file.isFile());
    const paths = files.map((file) => join(file.parentPath, file.name)).sort();
    for (const content of await Promise.all(paths.map((path) => readFile(path)))) hash.update(content).update('\0');
  }
  return hash.digest('hex');
}
