import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/**
 * Memory of the servers below this process in megabytes, by program: what several share is counted in parts (proportional
 * set size). Linux only.
 */
export function serversMemory(): { readonly postgres: number; readonly postgrest: number } {
  const memory = { postgres: 0, postgrest: 0 };
  const parents = new Map<number, number>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const stat = read(`/proc/${pid}/stat`);
    if (stat) parents.set(Number(pid), Number(stat.replace(/^.*\) /s, '').split(' ')[1]));
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent === process.pid || (parent !== undefined && parent > 1 && isBelow(parent));
  };
  for (const pid of parents.keys()) {
    if (!isBelow(pid)) continue;
    const program = programOf(pid);
    if (program !== 'postgres' && program !== 'postgrest') continue;
    const kilobytes = /^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? '')?.[1];
    memory[program] += Number(kilobytes ?? 0) / 1024;
  }
  return memory;
}

function programOf(pid: number): string | undefined {
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`));
  } catch {
    return undefined;
  }
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    // It has ended meanwhile.
    return undefined;
  }
}
