import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { basename } from 'node:path';

/** A process of Postgres or PostgREST that this process started. */
export interface ServerProcess {
  readonly pid: number;
  readonly program: 'postgres' | 'postgrest';
  /** CPU time since its start, in seconds. */
  readonly seconds: number;
}

/** The kernel counts times in parts of a second. */
const TICKS = 100;

/** The servers below this process. Linux only. */
export function serverProcesses(): ServerProcess[] {
  const parents = new Map<number, number>();
  const found: ServerProcess[] = [];
  for (const pid of readdirSync('/proc').map(Number).filter(Number.isInteger)) {
    try {
      // Behind the name, which may hold anything.
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ')
        .map(Number);
      parents.set(pid, fields[1]!);
      const program = /^(postgres|postgrest)\b/.exec(basename(readlinkSync(`/proc/${pid}/exe`)))?.[1];
      if (program === undefined) continue;
      found.push({
        pid,
        program: program as ServerProcess['program'],
        seconds: (fields[11]! + fields[12]!) / TICKS,
      });
    } catch {
      // It has ended meanwhile.
    }
  }
  const isOwn = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent === process.pid || (parent !== undefined && parent > 1 && isOwn(parent));
  };
  return found.filter(({ pid }) => isOwn(pid));
}

/** The CPU time that each process has used since the first list, in seconds: the most that one of each program has. */
export function processorTime(before: readonly ServerProcess[]): Record<ServerProcess['program'], number> {
  const most = { postgres: 0, postgrest: 0 };
  for (const { pid, program, seconds } of serverProcesses()) {
    const earlier = before.find((process) => process.pid === pid)?.seconds ?? 0;
    most[program] = Math.max(most[program], seconds - earlier);
  }
  return most;
}

/** Gives each session of Postgres the memory that a deployed one may allocate, also those that begin later. */
export function limitSessions(megabytes: number): void {
  for (const { pid, program } of serverProcesses()) {
    if (program !== 'postgres') continue;
    const { uid, gid } = statSync(`/proc/${pid}`);
    execFileSync('prlimit', [`--pid=${pid}`, `--data=${megabytes * 1024 * 1024}`], { uid, gid });
  }
}
