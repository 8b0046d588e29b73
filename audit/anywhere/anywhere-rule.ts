import type { Finding } from '../finding.ts';
import type { Found, RuleDescription, Topic } from '../rule.ts';
import type { Anywhere } from './anywhere.ts';

/** A rule for any database. */
export interface AnywhereRule extends RuleDescription {
  readonly topic: Topic;
  readonly find: (audited: Anywhere) => Found[];
}

/** A finding with what its rule is about. */
export interface AnywhereFinding extends Finding {
  readonly topic: Topic;
}
