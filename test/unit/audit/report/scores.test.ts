import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LEVELS, type Level } from '../../../../audit/finding.ts';
import { scoresOf } from '../../../../audit/report/scores.ts';
import { TOPICS } from '../../../../audit/rule.ts';

const finding = fc.record({
  rule: fc.constantFrom('a', 'b', 'c'),
  level: fc.constantFrom(...LEVELS),
  topic: fc.constantFrom(...TOPICS),
});
const findings = fc.array(finding, { maxLength: 60 });
const of = (level: Level, rule = 'a') => ({ rule, level, topic: 'exposure' as const });
const values = (found: Parameters<typeof scoresOf>[0]) => {
  const { exposure, speed } = scoresOf(found);
  return [exposure.value, speed.value] as const;
};
const isNotRaised = ([a, b]: readonly [number, number], [c, d]: readonly [number, number]) => c <= a && d <= b;

describe('a score', () => {
  it('is a whole number from 0 to 100, and 100 only without errors and warnings', () => {
    fc.assert(
      fc.property(findings, (found) => {
        const whole = values(found).every((value) => Number.isInteger(value) && value >= 0 && value <= 100);
        const isPerfect = found.every(({ level }) => level === 'info');
        return whole && values(found).every((value) => value === 100) === isPerfect;
      }),
    );
  });

  it('is never raised by a further finding', () => {
    fc.assert(fc.property(findings, finding, (found, more) => isNotRaised(values(found), values([...found, more]))));
  });

  it('is never raised by a worse level', () => {
    fc.assert(
      fc.property(findings, finding, fc.constantFrom(...LEVELS), (found, one, level) => {
        const worse = LEVELS.indexOf(level) <= LEVELS.indexOf(one.level) ? { ...one, level } : one;
        return isNotRaised(values([...found, one]), values([...found, worse]));
      }),
    );
  });

  it('does not depend on the order of findings', () => {
    fc.assert(
      fc.property(findings, (found) => {
        expect(scoresOf(found.toReversed())).toEqual(scoresOf(found));
      }),
    );
  });

  it('is of exposure, or of speed together with failures', () => {
    expect(values([of('error')])).toEqual([75, 100]);
    expect(values([{ ...of('error'), topic: 'speed' }])).toEqual([100, 75]);
    expect(values([{ ...of('error'), topic: 'failure' }])).toEqual([100, 75]);
  });

  it('falls by a quarter for an error, by a fifth of a point for a warning, and not for an info', () => {
    expect(values([of('error', 'a'), of('error', 'b')])[0]).toBe(56);
    expect(values([of('warning')])[0]).toBe(94);
    expect(values([of('info')])[0]).toBe(100);
  });

  it('falls less by each further finding of the same rule, and tells how it comes about', () => {
    const many = Array.from({ length: 100 }, () => of('warning', 'b'));
    expect(scoresOf([...many, of('error')]).exposure).toEqual({
      value: 55,
      parts: [
        { rule: 'b', findings: 100, micropoints: 1_037_479 },
        { rule: 'a', findings: 1, micropoints: 1_000_000 },
      ],
    });
  });
});
