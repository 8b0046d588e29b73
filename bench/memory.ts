import { memoryOf, processesBelow } from './processes.ts';

/**
 * Memory of the servers below this process in megabytes, by program: what several share is counted in parts (proportional
 * set size). Linux only.
 */
export function serversMemory(): { readonly postgres: number; readonly postgrest: number } {
  const memory = { postgres: 0, postgrest: 0 };
  for (const { pid, program } of processesBelow(process.pid)) {
    if (program === 'postgres' || program === 'postgrest') memory[program] += memoryOf(pid);
  }
  return memory;
}
