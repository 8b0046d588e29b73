import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { basename } from 'node:path';

/** Programs that the benchmarks measure. `opener` is the process that opens encrypted tokens. */
export type Program = 'nginx' | 'opener' | 'pgbouncer' | 'postgrest' | 'postgres';

export interface ProgramProcess {
  readonly pid: number;
  readonly program: Program;
}

/** Script of the opener: Node runs it, and the command line names it. */
export const OPENER_SCRIPT = 'run-opener.ts';

/** The measured programs below a process. Linux only. */
export function processesBelow(root: number): ProgramProcess[] {
  const parents = new Map<number, number>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const stat = readIfThere(`/proc/${pid}/stat`);
    if (stat) parents.set(Number(pid), Number(stat.replace(/^.*\) /s, '').split(' ')[1]));
  }
  const isBelow = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent === root || (parent !== undefined && parent > 1 && isBelow(parent));
  };
  return [...parents.keys()].filter(isBelow).flatMap((pid) => {
    const program = programOf(pid);
    return program === undefined ? [] : [{ pid, program }];
  });
}

function programOf(pid: number): Program | undefined {
  const file = programFile(pid);
  if (file === 'node') {
    return readIfThere(`/proc/${pid}/cmdline`)?.includes(OPENER_SCRIPT) ? 'opener' : undefined;
  }
  return /^(nginx|pgbouncer|postgrest|postgres)(?:-\d+)?$/.exec(file)?.[1] as Program | undefined;
}

/** Name of a program. An exiting process has no `exe` any more, but its CPU time is not yet in its parent's. */
function programFile(pid: number): string {
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`));
  } catch {
    return readIfThere(`/proc/${pid}/comm`)?.trim() ?? '';
  }
}

/** A file of `/proc`; undefined if its process has ended. */
export function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Proportional set size of a process in megabytes: memory that several processes share counts in parts. */
export function memoryOf(pid: number): number {
  const kilobytes = /^Pss:\s+(\d+) kB/m.exec(readIfThere(`/proc/${pid}/smaps_rollup`) ?? '')?.[1];
  return Number(kilobytes ?? 0) / 1024;
}
