/** How many cases a property is tried with: `FUZZ_RUNS` for more than in a normal run. */
export const FUZZ_RUNS = Number(process.env['FUZZ_RUNS'] ?? 2000);
