import { spawnSync } from 'node:child_process';

/**
 * Runs work on one core: this process, and those that it starts meanwhile. Where only one of them works at a time, none then waits
 * for its caches on another core. Without `taskset`, or with one core only, it runs as it is.
 */
export async function onOneCore<Result>(work: () => Promise<Result>): Promise<Result> {
  const cores = allowedCores();
  if (cores === undefined || !/[,-]/.test(cores)) return work();
  // The first core of a machine serves most interrupts.
  allow(/\d+$/.exec(cores)![0]);
  try {
    return await work();
  } finally {
    allow(cores);
  }
}

/** Cores of this process, such as `0-3,7`; undefined without `taskset`. */
function allowedCores(): string | undefined {
  const { stdout } = taskset('-p', '-c', String(process.pid));
  return /: ([\d,-]+)\s*$/.exec(stdout ?? '')?.[1];
}

function allow(cores: string): void {
  const { status, stderr } = taskset('-a', '-p', '-c', cores, String(process.pid));
  if (status !== 0) throw new Error(`taskset does not move this process to ${cores}: ${stderr}`);
}

function taskset(...args: string[]) {
  return spawnSync('taskset', args, { encoding: 'utf8' });
}
