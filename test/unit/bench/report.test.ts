import { describe, expect, it } from 'vitest';
import { describePart, Figures, missed, round, type Part } from '../../../bench/report.ts';
import { summarize } from '../../../bench/statistics.ts';

const target = { name: 'converge', limit: 1000, unit: 'ms' };
const part = (value: number): Part => ({ name: 'runner', figures: [], targets: [{ ...target, value }] });

describe('Figures', () => {
  it('compares medians', () => {
    const figures = new Figures();
    figures.add('floor', summarize([10]));
    figures.add('ours', summarize([10, 15, 20]), { against: 'floor' });
    expect(figures.list()[1]).toMatchObject({ ratio: 1.5, against: 'floor', unit: 'ms' });
  });

  it('does not compare with what was not measured', () => {
    expect(() => new Figures().add('ours', summarize([1]), { against: 'floor' })).toThrow('no figure "floor"');
  });
});

describe('missed', () => {
  it('names the targets that are exceeded', () => {
    expect(missed([part(999), part(1000)])).toEqual([]);
    expect(missed([part(1001)])).toEqual([{ ...target, value: 1001 }]);
  });

  it('counts what is no number as missed', () => {
    expect(missed([part(NaN)])).toHaveLength(1);
  });
});

describe('describePart', () => {
  it('puts the ratio first and says what is missed', () => {
    const figures = new Figures();
    figures.add('floor', summarize([10]));
    figures.add('ours', summarize([10, 15, 20]), { against: 'floor' });
    const text = describePart({ ...part(2000), figures: figures.list() });
    expect(text).toMatch(/^ +1\.50 x {2}ours {3}15\.0 ms {2}10\.0 to 20\.0 {2}against floor$/m);
    expect(text).toContain('MISSED converge: 2000 ms, at most 1000');
  });

  it('says why a part was skipped', () => {
    expect(describePart({ name: 'deploy', figures: [], targets: [], skipped: 'no engine' })).toBe(
      'deploy: skipped, no engine\n',
    );
  });
});

describe('round', () => {
  it.each([
    [0, '0.00'],
    [0.00123, '0.001'],
    [1.234, '1.23'],
    [12.34, '12.3'],
    [1234.5, '1235'],
  ])('%d is shown as %s', (value, text) => {
    expect(round(value)).toBe(text);
  });
});
