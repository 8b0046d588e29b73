/** `FULL_TESTS=1`: wide sets are run whole, and from other cases each time; otherwise a fixed sample of them. */
export const FULL_TESTS = process.env['FULL_TESTS'] === '1';
/** How many cases a property is tried with: `FUZZ_RUNS` for more than in a normal run. */
export const FUZZ_RUNS = Number(process.env['FUZZ_RUNS'] ?? (FULL_TESTS ? 2000 : 1000));
/** What the cases are made from: printed by a property that fails, to be given again. */
export const FUZZ_SEED = Number(process.env['FUZZ_SEED'] ?? (FULL_TESTS ? Math.floor(Math.random() * 2 ** 31) : 3));

/** The whole set with `FULL_TESTS=1`; otherwise every other member, the last one among them. */
export function sample<T>(set: readonly T[]): readonly T[] {
  return FULL_TESTS ? set : set.filter((_, n) => n % 2 === (set.length - 1) % 2);
}
