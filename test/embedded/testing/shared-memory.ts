import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';

/**
 * Shared memory of the whole system that nobody uses, or whose maker has ended: what servers that were killed leave, and
 * for a moment what others have that start or end.
 */
export function leftSharedMemory(): string[] {
  const [header, ...segments] = readFileSync('/proc/sysvipc/shm', 'utf8').trim().split('\n').map(fields);
  const column = (name: string) => header!.indexOf(name);
  return [
    ...segments
      .filter((segment) => segment[column('nattch')] === '0' || !existsSync(`/proc/${segment[column('cpid')]}`))
      .map((segment) => `segment ${segment[column('shmid')]}`),
    ...namedMemory().filter((name) => !isMapped(name)),
  ];
}

/**
 * Expects that what there is now, and was not `before`, goes. What comes later is no matter of the caller, all of whose
 * servers have ended: other environments on this machine leave some for as long as their tests take.
 */
export async function expectSharedMemoryBack(before: readonly string[]): Promise<void> {
  const left = leftSharedMemory().filter((name) => !before.includes(name));
  const remaining = () => leftSharedMemory().filter((name) => left.includes(name));
  await expect.poll(remaining, { interval: 100 }).toEqual([]);
}

function namedMemory(): string[] {
  return readdirSync('/dev/shm').filter((name) => name.startsWith('PostgreSQL.'));
}

/** Whether a process uses it: another Postgres on this machine. */
function isMapped(name: string): boolean {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .some((pid) => {
      try {
        return readFileSync(`/proc/${pid}/maps`, 'utf8').includes(`/dev/shm/${name}`);
      } catch {
        return false;
      }
    });
}

const fields = (line: string) => line.trim().split(/\s+/);
