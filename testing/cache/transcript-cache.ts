import { createHash, randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { rename, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Declaration } from '../../declaration/types.ts';
import { makeCacheDirectory } from './cache-directory.ts';
import { checksum, discard, entriesOf, openEntry, UNFINISHED } from './cache-entries.ts';
import { undoAfterDeath } from '../servers/reaper.ts';

/** Directories whose content decides what the runner and the servers do. */
const RUNNER = ['apply', 'audit', 'compile', 'declaration', 'errors', 'postgres', 'sql', 'testing'];
/** Environment variables that every session gets (npm's pg), and that change how Postgres reads a literal. */
const SESSION_VARIABLES = ['PGOPTIONS', 'PGCLIENT_ENCODING'];
const PREFIX = 'transcript-';
const WEEK_MS = 7 * 86_400_000;

/** SQL that a run sent. */
export interface Transcript {
  readonly messages: readonly string[];
  /** True if a later run would make the same of them, so that their result can be kept instead. */
  readonly isRepeatable: boolean;
}

/**
 * SQL that brought an empty database of a new cluster to a declaration. The next such database replays it: another run
 * would take a quarter of a start. It has the migrations themselves, not their results.
 */
export interface CachedTranscript {
  /** Changes with the declaration, and with all that decides what becomes of it. */
  readonly key: string;
  /** Undefined if the cache has none. */
  readonly transcript: Transcript | undefined;
  /** Writes the transcript of a run to the cache. Does nothing if the cache cannot be written to. */
  keep(transcript: Transcript): Promise<void>;
  /** Removes a transcript whose replay failed. */
  discard(): Promise<void>;
}

/**
 * Opens the cache of a declaration.
 *
 * @param cluster key of everything that makes one new cluster differ from another
 */
export async function openTranscript(declaration: Declaration, cluster: string): Promise<CachedTranscript> {
  const session = SESSION_VARIABLES.map((name) => process.env[name]);
  const ingredients = JSON.stringify([cluster, runnerDigest(), session, declaration]);
  const key = createHash('sha256').update(ingredients).digest('hex').slice(0, 32);
  const name = PREFIX + key;
  return {
    key,
    transcript: await read(name).catch(() => undefined),
    async keep(transcript) {
      await write(name, transcript).catch(() => {});
      await Promise.all(entriesOf(PREFIX).map(discardOld));
    },
    async discard() {
      await Promise.all(entriesOf(name).map(discard));
    },
  };
}

async function read(name: string): Promise<Transcript | undefined> {
  for (const path of entriesOf(name)) {
    const file = await openEntry(path);
    const content = await file.readFile('utf8').finally(() => file.close());
    if (basename(path) !== fileName(name, content)) continue;
    await utimes(path, new Date(), new Date()).catch(() => {});
    return JSON.parse(content) as Transcript;
  }
  return undefined;
}

async function write(name: string, transcript: Transcript): Promise<void> {
  const content = JSON.stringify(transcript);
  const cache = makeCacheDirectory();
  if (cache === undefined) return;
  const unfinished = join(cache, UNFINISHED + randomUUID());
  const withdraw = undoAfterDeath(['rm', '-f', unfinished]);
  try {
    await writeFile(unfinished, content, { mode: 0o600, flag: 'wx' });
    await rename(unfinished, join(cache, fileName(name, content)));
  } finally {
    await discard(unfinished);
    await withdraw();
  }
}

/** Names a file with a checksum of its content, which reveals damage. */
function fileName(name: string, content: string): string {
  return `${name}-${checksum(content)}.json`;
}

async function discardOld(path: string): Promise<void> {
  // Another process may be removing the same file.
  const age = await stat(path)
    .then(({ mtimeMs }) => Date.now() - mtimeMs)
    .catch(() => 0);
  if (age > WEEK_MS) await discard(path);
}

/** Digest of the code and the SQL that a transcript comes from. */
function runnerDigest(): string {
  return (digest ??= digestRunner());
}

let digest: string | undefined;

/** At once: to read hundreds of small files one after the other takes a tenth of what it takes beside other work. */
function digestRunner(): string {
  const hash = createHash('sha256');
  for (const part of RUNNER) {
    const directory = fileURLToPath(new URL(`../../${part}/`, import.meta.url));
    const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
    const paths = files.map((file) => join(file.parentPath, file.name)).sort();
    for (const path of paths) hash.update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}
