import { existsSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const MOUNTED = '/sys/fs/cgroup';

/** One hierarchy, or with control groups of version 1 one for each controller. */
function hierarchies(): string[] {
  if (existsSync(join(MOUNTED, 'cgroup.controllers'))) return [MOUNTED];
  return readdirSync(MOUNTED, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(MOUNTED, name));
}

/** Makes a control group in each hierarchy: the kubelet wants to find its own. */
export function makeControlGroup(name: string): void {
  for (const hierarchy of hierarchies()) mkdirSync(join(hierarchy, name), { recursive: true });
}

/** Removes control groups with all below them, as soon as their processes have gone. */
export async function removeControlGroups(name: string): Promise<void> {
  for (const hierarchy of hierarchies()) await removeGroup(join(hierarchy, name));
}

async function removeGroup(group: string): Promise<void> {
  if (!existsSync(group)) return;
  for (const entry of readdirSync(group, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeGroup(join(group, entry.name));
  }
  for (let tries = 0; ; tries += 1) {
    try {
      rmdirSync(group);
      return;
    } catch (error) {
      // Another process may clean up at the same time.
      if (!existsSync(group)) return;
      if (tries === 100) throw error;
      await delay(50);
    }
  }
}
