import type { Anywhere } from './anywhere.ts';
import { doorsOf, type ReachedFunction } from './doors.ts';
import { isForeign } from './platform.ts';
import { byObject } from './role-findings.ts';
import type { SurveyedRelation } from './survey.ts';

/** Functions that roles of requests get to with their own rights, by function; none of extensions or of the platform. */
export function reachedFunctions(
  audited: Anywhere,
  counts: (reached: ReachedFunction, role: string) => boolean = () => true,
) {
  return byObject(audited, (role) =>
    doorsOf(audited, role)
      .functions.filter((reached) => reached.as === role && !isForeign(audited, reached.fn) && counts(reached, role))
      .map((reached) => [reached.fn, reached] as const),
  );
}

/** True for a function that runs with rights which the role does not have. */
export function lendsRights({ reach }: Anywhere, { fn }: ReachedFunction, role: string): boolean {
  return fn.security_definer && !reach.identities(role).has(fn.owner);
}

/** Tables whose triggers run a function. */
export function firingTables(reached: readonly ReachedFunction[]): SurveyedRelation[] {
  return reached.flatMap(({ by, from }) => (by === 'trigger' && from && 'relation' in from ? [from.relation] : []));
}
