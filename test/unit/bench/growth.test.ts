import { describe, expect, it } from 'vitest';
import { growthOf } from '../../../bench/growth/growth-of.ts';

const SIZES = [10, 100, 1000, 5000];
const times = (timeOf: (tables: number) => number) => SIZES.map((tables) => [tables, timeOf(tables)] as const);

describe('growthOf', () => {
  it('a fixed part makes linear growth neither better nor worse', () => {
    expect(growthOf(times((n) => 0.5 * n)).marginal).toBeCloseTo(1);
    expect(growthOf(times((n) => 700 + 0.5 * n)).marginal).toBeCloseTo(1);
  });

  it('quadratic growth is far above the limit of 1.25, also where the quadratic part is small', () => {
    expect(growthOf(times((n) => n * n)).marginal).toBeGreaterThan(5);
    expect(growthOf(times((n) => 0.5 * n + 0.0001 * n * n)).marginal).toBeGreaterThan(1.5);
  });

  it('the exponent is the slope on logarithmic scales', () => {
    expect(growthOf(times((n) => 3 * n)).exponent).toBeCloseTo(1);
    expect(growthOf(times((n) => 3 * n * n)).exponent).toBeCloseTo(2);
    expect(growthOf(times(() => 3)).exponent).toBeCloseTo(0);
  });
});
