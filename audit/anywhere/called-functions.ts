import { namesIn, type BodyNames } from '../../postgres/catalog/body-names.ts';
import { once } from './once.ts';
import type { SurveyedFunction } from './survey.ts';

/** A function that requests run, by its name or through another one. */
export interface CalledFunction {
  readonly fn: SurveyedFunction;
  /** Roles of requests that run it. */
  readonly roles: readonly string[];
  /** True if it runs with the caller's rights. */
  readonly asCaller: boolean;
  readonly names: BodyNames;
}

/** Functions of the API, and those that they call with the caller's rights; none of an extension. */
export const calledFunctions = once(({ survey, scope, reach, texts }): readonly CalledFunction[] => {
  const callers = (fn: SurveyedFunction) => scope.roles.filter((role) => reach.calls(role, fn));
  const run = new Map<SurveyedFunction, readonly string[]>();
  for (const fn of survey.functions) {
    const roles = !fn.of_triggers && reach.isExposed(fn) ? callers(fn) : [];
    if (roles.length > 0) run.set(fn, roles);
  }
  for (const fn of run.keys()) {
    if (fn.security_definer) continue;
    for (const called of texts.calledBy(fn)) {
      const roles = run.has(called) ? [] : callers(called);
      if (roles.length > 0) run.set(called, roles);
    }
  }
  return [...run]
    .filter(([{ extension }]) => extension === null)
    .map(([fn, roles]) => ({ fn, roles, asCaller: !fn.security_definer, names: namesIn(texts.bodyOf(fn)) }));
});
