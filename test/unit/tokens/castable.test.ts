import { describe, expect, it } from 'vitest';
import type { ClaimType } from '../../../declaration/index.ts';
import { CASTS } from '../../support/casts.ts';
import { isCastable } from '../../../tokens/castable.ts';

// test/embedded/compile/casts.test.ts has Postgres say the same.
describe('isCastable', () => {
  it.each(CASTS)('%s: knows values and others', (type: ClaimType, values, others) => {
    expect(values.filter((text) => !isCastable(text, type))).toEqual([]);
    expect(others.filter((text) => isCastable(text, type))).toEqual([]);
  });
});
