import { readdir, stat, utimes } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type pg from 'pg';
import { statementsOf } from '../../postgres/statements.ts';
import { packIntoCache, unpack } from './archives.ts';
import { discard, entriesOf } from './cache-entries.ts';
import type { ServerDirectory } from '../servers/server-directory.ts';

// An archive of a declaration has everything but the databases that every cluster begins with. They stay as they were, and
// come from the archive of the new cluster.

const statement = statementsOf('testing/databases');

const PREFIX = 'declared-';
/** Size of all of them, in bytes. One takes 10 MB, and with 1,000 tables 80. */
const MOST_BYTES = 500_000_000;
const WEEK_MS = 7 * 86_400_000;
/** Postgres gives its own databases lower numbers (FirstNormalObjectId). */
const FIRST_OWN_DATABASE = 16_384;
/** Files of a running server, and what Postgres makes anew at each start. */
const NOT_COPIED = ['./postmaster.*', './pg_dynshmem/*', 'pg_internal.init*'];

/** A new cluster with the objects of a declaration. */
export interface DeclaredCluster {
  readonly firstPassword: string;
  /** Archive of what the declaration has added. */
  readonly archive: string;
  /** Resolves when Postgres' own databases are copied as well, with false if that failed. */
  readonly complete: Promise<boolean>;
}

/** Names for a declaration's archive. */
export interface DeclaredKey {
  /** Changes with the declaration, and with all that decides what becomes of it. */
  readonly key: string;
  /** Archive of the cluster before. */
  readonly initial: string;
}

/** Copies the cluster of a declaration into a server's directory; undefined without a sound one. */
export async function unpackDeclared(
  { key, initial }: DeclaredKey,
  target: ServerDirectory,
): Promise<DeclaredCluster | undefined> {
  for (const archive of entriesOf(nameOf({ key, initial }))) {
    const to = { data: await target.newData(), user: target.user };
    const firstPassword = await unpack(archive, to);
    if (firstPassword !== undefined) {
      const complete = unpack(initial, { ...to, only: './base' }).then((password) => password !== undefined);
      void utimes(archive, new Date(), new Date()).catch(() => {});
      return { firstPassword, archive, complete };
    }
  }
  return undefined;
}

/** A running server whose files can be kept. */
export interface RunningCluster {
  readonly directory: Pick<ServerDirectory, 'path' | 'user'>;
  /** Password of its superuser, which goes into the archive. */
  readonly password: string;
  /** Session of its superuser. */
  readonly client: pg.ClientBase;
}

/** Has the cache keep the files of a server, unless something else changes them meanwhile. Postgres will start from them as after a crash. */
export async function keepDeclared(key: DeclaredKey, { directory, password, client }: RunningCluster): Promise<void> {
  if ((await sizeOf(client)) > MOST_BYTES) return;
  const databases = await readdir(join(directory.path, 'data', 'base'));
  const initial = databases.filter((name) => Number(name) < FIRST_OWN_DATABASE).map((name) => `./base/${name}`);
  await client.query(statement('checkpoint'));
  const before = await logPosition(client);
  const files = { source: directory, password, without: [...NOT_COPIED, ...initial] };
  const archive = await packIntoCache(nameOf(key), files);
  // Every change is logged first.
  const after = await logPosition(client).catch(() => undefined);
  if (after === before) void archive?.keep().then(discardUnused);
  else await archive?.remove();
}

async function sizeOf(client: pg.ClientBase): Promise<number> {
  const { rows } = await client.query<{ bytes: number }>(statement('size_of_databases'));
  return rows[0]!.bytes;
}

async function logPosition(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ position: string }>(statement('log_position'));
  return rows[0]!.position;
}

function nameOf({ key, initial }: DeclaredKey): string {
  const [, sum] = /-([0-9a-f]+)\.tar$/.exec(basename(initial))!;
  return `${PREFIX}${key}-${sum}`;
}

async function discardUnused(): Promise<void> {
  const archives = await Promise.all(
    entriesOf(PREFIX).map(async (path) => {
      // Another process may be removing the same one.
      const { size = 0, mtimeMs = 0 } = (await stat(path).catch(() => undefined)) ?? {};
      return { path, size, mtimeMs };
    }),
  );
  archives.sort((one, other) => other.mtimeMs - one.mtimeMs);
  let bytes = 0;
  for (const { path, size, mtimeMs } of archives) {
    if (bytes + size > MOST_BYTES || mtimeMs < Date.now() - WEEK_MS) await discard(path);
    else bytes += size;
  }
}
