import { groupBy } from '../group-by.ts';
import type { Finding, Level } from '../finding.ts';
import type { Topic } from '../rule.ts';

/** A rule's part in a score. */
export interface ScorePart {
  readonly rule: string;
  readonly findings: number;
  /** Millionths of a point: sums of whole numbers do not depend on their order. */
  readonly micropoints: number;
}

/** A score from 0 to 100, and the rules that lower it. */
export interface Score {
  readonly value: number;
  /** Rules that lower the score, the one that lowers it most first. */
  readonly parts: readonly ScorePart[];
}

/** Scores of what requests reach, and of how fast and how surely they are answered. */
export interface Scores {
  readonly exposure: Score;
  readonly speed: Score;
}

/** Part of a score that one point leaves. */
const LEFT_BY_A_POINT = 0.75;

const MICROPOINTS: Readonly<Record<Level, number>> = { error: 1_000_000, warning: 200_000, info: 0 };

/** Finding with the topic of its rule. */
type Scored = Pick<Finding, 'rule' | 'level'> & { readonly topic: Topic };

/**
 * Scores findings from 0 to 100: 100 × 0.75^points, rounded down.
 *
 * An error is a point, a warning a fifth of one, an `info` none. Of the findings of one rule, the worst first, the second
 * counts half, the third a third, and so on. A further or a worse finding never raises a score.
 */
export function scoresOf(findings: readonly Scored[]): Scores {
  return {
    exposure: scoreOf(findings.filter(({ topic }) => topic === 'exposure')),
    speed: scoreOf(findings.filter(({ topic }) => topic !== 'exposure')),
  };
}

function scoreOf(findings: readonly Scored[]): Score {
  const parts = [...groupBy(findings, ({ rule }) => rule)]
    .map(([rule, found]) => partOf(rule, found))
    .filter(({ micropoints }) => micropoints > 0)
    .sort((a, b) => b.micropoints - a.micropoints || (a.rule < b.rule ? -1 : 1));
  const micropoints = parts.reduce((sum, part) => sum + part.micropoints, 0);
  return { value: Math.floor(100 * LEFT_BY_A_POINT ** (micropoints / 1_000_000)), parts };
}

function partOf(rule: string, found: readonly Scored[]): ScorePart {
  const micropoints = found
    .map(({ level }) => MICROPOINTS[level])
    .sort((a, b) => b - a)
    .reduce((sum, points, index) => sum + Math.round(points / (index + 1)), 0);
  return { rule, findings: found.length, micropoints };
}
