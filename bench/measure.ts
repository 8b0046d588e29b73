import { performance } from 'node:perf_hooks';
import { summarize, type Summary } from './statistics.ts';

/** How long it takes, in milliseconds. */
export async function timed(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Repeats until the number is reached or the time is over, and at least once. `setUp` is not measured. */
export async function measure<T>(
  { times, limitMs, setUp }: { times: number; limitMs: number; setUp?: (n: number) => Promise<T> },
  work: (context: T) => unknown,
): Promise<Summary> {
  const end = performance.now() + limitMs;
  const values: number[] = [];
  do {
    const context = (await setUp?.(values.length)) as T;
    values.push(await timed(() => work(context)));
  } while (values.length < times && performance.now() < end);
  return summarize(values);
}
