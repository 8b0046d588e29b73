import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { returnAddresses } from './addresses.ts';
import { removeControlGroups } from './control-groups.ts';

// Not in /tmp, which may be held in memory.
const PARENT = '/var/tmp';
const PREFIX = 'kubernetes-';
const OWNER = 'owner';

/** A directory for the files of a cluster. Its name is that of the cluster, and of its control groups. */
export function makeClusterDirectory(): string {
  const directory = mkdtempSync(join(PARENT, PREFIX));
  writeFileSync(join(directory, OWNER), processOf(process.pid)!);
  return directory;
}

/** Removes what is left of a cluster when its machines have ended: its connection, control groups and files. */
export async function removeCluster(directory: string): Promise<void> {
  returnAddresses(basename(directory));
  await removeControlGroups(basename(directory));
  rmSync(directory, { recursive: true, force: true });
}

/** Removes what is left of clusters whose processes were killed: their machines have ended with them. */
export async function removeAbandonedClusters(): Promise<void> {
  for (const name of readdirSync(PARENT).filter((entry) => entry.startsWith(PREFIX))) {
    const owner = readText(join(PARENT, name, OWNER));
    if (owner === undefined || processOf(Number(owner.split(' ')[0])) === owner) continue;
    await removeCluster(join(PARENT, name));
  }
}

/** A process by its number and when it started, because numbers are used again. */
function processOf(pid: number): string | undefined {
  const start = readText(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, '')
    .split(' ')[19];
  return start === undefined ? undefined : `${pid} ${start}`;
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
