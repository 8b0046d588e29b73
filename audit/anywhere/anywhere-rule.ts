import type { Finding } from '../finding.ts';
import type { Found, RuleDescription } from '../rule.ts';
import type { Anywhere } from './anywhere.ts';

/** What a rule is about: rows that are reached, time, or requests that fail. */
export type Topic = 'exposure' | 'speed' | 'failure';

/** A rule for any database. */
export interface AnywhereRule extends RuleDescription {
  readonly topic: Topic;
  readonly find: (audited: Anywhere) => Found[];
}

/** A finding with what its rule is about. */
export interface AnywhereFinding extends Finding {
  readonly topic: Topic;
}
