import { describe, expect, it } from 'vitest';
import { quantile, summarize } from '../../../bench/statistics.ts';

describe('summarize', () => {
  it('keeps the middle and both ends', () => {
    expect(summarize([30, 10, 20])).toEqual({ median: 20, min: 10, max: 30, samples: 3 });
    expect(summarize([5])).toEqual({ median: 5, min: 5, max: 5, samples: 1 });
  });

  it('sorts numbers, not texts', () => {
    expect(summarize([100, 9, 20]).median).toBe(20);
  });

  it('refuses to say something of nothing', () => {
    expect(() => summarize([])).toThrow('nothing was measured');
  });
});

describe('quantile', () => {
  it.each([
    [0, 1],
    [0.5, 2.5],
    [0.99, 3.97],
    [1, 4],
  ])('takes %d of ascending values', (share, value) => {
    expect(quantile([1, 2, 3, 4], share)).toBeCloseTo(value);
  });
});
