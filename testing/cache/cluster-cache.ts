import { join } from 'node:path';
import { pack, packIntoCache, unpack, type NewArchive } from './archives.ts';
import { discard, entriesOf } from './cache-entries.ts';
import type { ServerDirectory } from '../servers/server-directory.ts';

// Each cluster is one archive, named after its key and its checksum: it is there as a whole or not at all, whoever else
// writes one at the same time, and damage is seen. Where nothing can be read or written there is no cache.

/** A copy of a cluster that the cache has. */
export interface CopiedCluster {
  readonly firstPassword: string;
  /** Its archive. */
  readonly archive: string;
}

/** Copies the cluster of a key into a server's directory; undefined without a sound one. */
export async function unpackCluster(key: string, target: ServerDirectory): Promise<CopiedCluster | undefined> {
  for (const archive of entriesOf(key)) {
    const firstPassword = await unpack(archive, { data: await target.newData(), user: target.user });
    if (firstPassword !== undefined) return { firstPassword, archive };
  }
  return undefined;
}

/**
 * Packs the cluster of a server that has not been started yet: into the cache, or beside it where the disk is full or the
 * cache cannot be written.
 */
export async function packCluster(key: string, source: ServerDirectory, password: string): Promise<NewArchive> {
  return (await packIntoCache(key, { source, password })) ?? packBeside(source, password);
}

/** Packs it beside itself. */
export async function packBeside(source: ServerDirectory, password: string): Promise<NewArchive> {
  const path = join(source.path, 'cluster.tar');
  if (!(await pack(path, { source, password }))) throw new Error(`${path} cannot be written`);
  return { path, keep: () => Promise.resolve(), remove: () => discard(path) };
}

/** Copies a cluster that was just packed; tells if that succeeded. */
export async function unpackNew({ path }: NewArchive, target: ServerDirectory): Promise<boolean> {
  const to = { data: await target.newData(), user: target.user, isNew: true };
  return (await unpack(path, to)) !== undefined;
}
