import type { Anywhere } from './anywhere.ts';
import { groupBy } from '../group-by.ts';
import { once } from './once.ts';
import type { SurveyedMembership } from './survey.ts';

const membershipsOf = once(({ survey }) => groupBy(survey.memberships, ({ member }) => member));

/** A role that another one reaches, with the first membership on the way. */
export interface ReachedRole {
  readonly role: string;
  readonly first: SurveyedMembership;
}

/** Follows memberships from a role, by those that count, and not beyond some roles. */
export function reachedRoles(
  audited: Anywhere,
  start: string,
  counts: (membership: SurveyedMembership) => boolean,
  stopsAt: (role: string) => boolean,
): readonly ReachedRole[] {
  const found = new Map<string, ReachedRole>();
  const follow = (member: string, first: SurveyedMembership | undefined) => {
    for (const membership of membershipsOf(audited).get(member) ?? []) {
      const { role } = membership;
      if (!counts(membership) || found.has(role) || role === start) continue;
      const reached = { role, first: first ?? membership };
      found.set(role, reached);
      if (!stopsAt(role)) follow(role, reached.first);
    }
  };
  follow(start, undefined);
  return [...found.values()];
}
