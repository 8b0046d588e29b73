import { processesBelow, readIfThere, type Program } from '../processes.ts';

/** CPU time of each process since its start, in nanoseconds. */
export type ProcessorTimes = ReadonlyMap<number, { readonly program: Program; readonly nanoseconds: number }>;

/** CPU seconds (user and system) by program. */
export type ProcessorSeconds = Readonly<Record<Program, number>>;

/** CPU times of the programs below a process. Linux only. */
export function processorTimes(root: number): ProcessorTimes {
  return new Map(
    processesBelow(root).map(({ pid, program }) => [
      pid,
      { program, nanoseconds: nanosecondsOf(pid, threads[program]) },
    ]),
  );
}

/** Programs with threads end some of them now and then. */
const threads: Readonly<Record<Program, 'one' | 'many'>> = {
  nginx: 'one',
  opener: 'many',
  pgbouncer: 'one',
  postgrest: 'many',
  postgres: 'one',
};

/**
 * `schedstat` counts nanoseconds of one thread. `stat` counts hundredths of a second of all threads, also of those that
 * have ended.
 */
function nanosecondsOf(pid: number, count: 'one' | 'many'): number {
  if (count === 'one') return Number(readIfThere(`/proc/${pid}/schedstat`)?.split(' ')[0] ?? 0);
  const fields = readIfThere(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, '')
    .split(' ')
    .map(Number);
  return fields === undefined ? 0 : (fields[11]! + fields[12]!) * 1e7;
}

/** The difference of two moments. The time of a process that has ended between them is missing. */
export function secondsBetween(before: ProcessorTimes, after: ProcessorTimes): ProcessorSeconds {
  const seconds = { nginx: 0, opener: 0, pgbouncer: 0, postgrest: 0, postgres: 0 };
  for (const [pid, { program, nanoseconds }] of after) {
    seconds[program] += (nanoseconds - (before.get(pid)?.nanoseconds ?? 0)) / 1e9;
  }
  return seconds;
}
