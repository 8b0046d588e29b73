/** How many cases a property is tried with: `FUZZ_RUNS` for more than in a normal run. */
export const FUZZ_RUNS = Number(process.env['FUZZ_RUNS'] ?? 2000);
/** What the cases are made from: printed by a property that fails, to be given again. */
export const FUZZ_SEED = Number(process.env['FUZZ_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
