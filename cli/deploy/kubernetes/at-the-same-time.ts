/** Programs that run beside each other: enough to save time, few enough for the machine that deploys. */
const MOST = 8;

/**
 * Calls a function with each value, a bounded number of them at the same time. The results have the order of the values. After a failure
 * no further call begins.
 */
export async function atTheSameTime<Value, Result>(
  values: readonly Value[],
  call: (value: Value) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const waiting = values.map((value, n) => ({ value, n }));
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      try {
        results[next.n] = await call(next.value);
      } catch (error) {
        waiting.length = 0;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: MOST }, work));
  return results;
}
