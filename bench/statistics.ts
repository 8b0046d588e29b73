/** Summary of several measurements. Noise only adds, so the minimum describes the code best. */
export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly samples: number;
}

export function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  return { median: quantile(sorted, 0.5), min: quantile(sorted, 0), max: quantile(sorted, 1), samples: sorted.length };
}

/** Quantile of ascending values, interpolated between the two nearest. */
export function quantile(ascending: readonly number[], share: number): number {
  if (ascending.length === 0) throw new Error('nothing was measured');
  const at = (ascending.length - 1) * share;
  const low = ascending[Math.floor(at)]!;
  const high = ascending[Math.ceil(at)]!;
  return low + (high - low) * (at - Math.floor(at));
}
