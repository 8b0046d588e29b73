/** How the time of a step grows between two sizes. */
export interface Growth {
  /** Slope on logarithmic scales: 1 is linear, 2 quadratic, and a fixed part makes it smaller. */
  readonly exponent: number;
  /** Times of one more table, above the size in the middle against below it. The fixed part is in neither. */
  readonly marginal: number;
}

/** A number of tables, and the time that they took. */
export type TimeOfSize = readonly [tables: number, time: number];

/** Growth over the last three sizes: a step that is linear has a marginal growth of 1. */
export function growthOf(times: readonly TimeOfSize[]): Growth {
  const [before, middle, last] = times.slice(-3) as [TimeOfSize, TimeOfSize, TimeOfSize];
  return {
    exponent: Math.log(last[1] / middle[1]) / Math.log(last[0] / middle[0]),
    marginal: slope(middle, last) / slope(before, middle),
  };
}

function slope([from, timeFrom]: TimeOfSize, [to, timeTo]: TimeOfSize): number {
  return (timeTo - timeFrom) / (to - from);
}
