import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { removeControlGroups } from './control-groups.ts';

// Not in /tmp, which may be held in memory.
const PARENT = '/var/tmp';
const PREFIX = 'kubernetes-';
const OWNER = 'owner';

/** A directory for the files of a cluster. Its name is that of the cluster's control groups too. */
export function makeClusterDirectory(): string {
  const directory = mkdtempSync(join(PARENT, PREFIX));
  writeFileSync(join(directory, OWNER), processOf(process.pid)!);
  return directory;
}

/** Removes a cluster's files and control groups, when its machines have ended. */
export async function removeClusterDirectory(directory: string): Promise<void> {
  await removeControlGroups(basename(directory));
  rmSync(directory, { recursive: true, force: true });
}

/** Removes those of processes that were killed. The machines of their clusters have ended with them. */
export async function removeAbandonedDirectories(): Promise<void> {
  for (const name of readdirSync(PARENT).filter((entry) => entry.startsWith(PREFIX))) {
    const owner = readText(join(PARENT, name, OWNER));
    if (owner === undefined || processOf(Number(owner.split(' ')[0])) === owner) continue;
    await removeClusterDirectory(join(PARENT, name));
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
