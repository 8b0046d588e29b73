import { performance } from 'node:perf_hooks';
import { processesBelow, readIfThere } from '../processes.ts';

/** Time of a piece of work, in milliseconds. */
export interface WorkTime {
  readonly elapsed: number;
  /** CPU time of this process and of the Postgres servers below it: other programs on the machine do not add to it. */
  readonly processor: number;
}

/** Runs work, and measures both times. Linux only. */
export async function workTime(work: () => unknown): Promise<WorkTime> {
  const before = processorMilliseconds();
  const start = performance.now();
  await work();
  const elapsed = performance.now() - start;
  return { elapsed, processor: processorMilliseconds() - before };
}

function processorMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  const servers = processesBelow(process.pid).filter(({ program }) => program === 'postgres');
  return (user + system) / 1000 + servers.reduce((sum, { pid }) => sum + millisecondsOf(pid), 0);
}

/** `stat` counts hundredths of a second: of the process, and of its children that have ended. */
function millisecondsOf(pid: number): number {
  const fields = readIfThere(`/proc/${pid}/stat`)
    ?.replace(/^.*\) /s, '')
    .split(' ')
    .map(Number);
  return fields === undefined ? 0 : 10 * (fields[11]! + fields[12]! + fields[13]! + fields[14]!);
}
