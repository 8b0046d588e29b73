import { refuse } from '../../errors/secured-postgrest-error.ts';
import { positiveInteger } from './limits.ts';

/** Megabytes for a server without requests, and for the answers and bodies of one connection's requests. */
const [SERVER, CONNECTION] = [192, 32];
/** Less than these, and a few plain requests at a time are too many. */
const [LEAST_SERVER, LEAST_CONNECTION] = [64, 16];

/** The memory of a server without a given limit, in megabytes. */
export function serverMemory(poolSize: number): number {
  return SERVER + poolSize * CONNECTION;
}

export function checkServerMemory(place: string, memory: number, poolSize: number): number {
  const least = LEAST_SERVER + poolSize * LEAST_CONNECTION;
  if (positiveInteger(`${place}.memory`, memory) >= least) return memory;
  refuse(
    'invalid_prop',
    `${place}.memory`,
    `${memory} MB are too little for a pool of ${poolSize} connections`,
    `give at least ${least}, or lower the declared \`server.poolSize\``,
  );
}

/**
 * Options of the Haskell runtime that PostgREST is built with, for its variable `GHCRTS`. It would otherwise count the machine's
 * processors, each with 4 MB of its own, and learn of the container's limit by being killed. Below a limit of its own it collects
 * garbage in place, which takes half the memory; the rest is for answers as they come from Postgres.
 */
export function runtimeOptions(memory: number, cpus: number): string {
  return `-N${Math.max(1, Math.ceil(cpus))} -M${Math.floor(memory * 0.7)}m`;
}
