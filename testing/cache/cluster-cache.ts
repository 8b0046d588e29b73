import { unpack } from './archives.ts';
import { entriesOf } from './cache-entries.ts';
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
