import { namesIn } from '../../../postgres/catalog/body-names.ts';
import { withoutComments } from '../../../postgres/sql-text.ts';
import { groupBy } from '../../group-by.ts';
import type { Survey, SurveyedFunction } from '../survey.ts';

const READS_REQUEST = /\brequest\.(?:jwt|headers|cookies)\b/i;
const READS_CLAIMS = /\brequest\.jwt\b/i;

/** Functions by what their bodies say. */
export interface FunctionTexts {
  /** Body without comments. */
  bodyOf(fn: SurveyedFunction): string;
  /** Functions that a function calls, by their names in its text or as Postgres records. */
  calledBy(fn: SurveyedFunction): readonly SurveyedFunction[];
  /** True if it reads claims, by itself or through another function. */
  readsClaims(fn: SurveyedFunction): boolean;
  /** True if it reads anything that a request brings, such as a header. */
  readsRequest(fn: SurveyedFunction): boolean;
  /** Functions of a name, in one schema or in any. */
  named(schema: string | undefined, name: string): readonly SurveyedFunction[];
}

export function functionTexts({ functions }: Survey): FunctionTexts {
  const byName = groupBy(functions, ({ name }) => name);
  const bodies = new Map<SurveyedFunction, string>();
  const calls = new Map<SurveyedFunction, readonly SurveyedFunction[]>();
  const named: FunctionTexts['named'] = (schema, name) =>
    (byName.get(name) ?? []).filter((fn) => schema === undefined || fn.schema === schema);
  const bodyOf = (fn: SurveyedFunction) => {
    const found = bodies.get(fn) ?? withoutComments(fn.body);
    bodies.set(fn, found);
    return found;
  };
  const calledBy = (fn: SurveyedFunction) => {
    const found = calls.get(fn) ?? [
      ...new Set([...fn.calls, ...namesIn(bodyOf(fn)).calls.flatMap(({ schema, name }) => named(schema, name))]),
    ];
    calls.set(fn, found);
    return found;
  };
  const says = (fn: SurveyedFunction, pattern: RegExp) => {
    const visited = new Set([fn]);
    for (const one of visited) {
      if (pattern.test(bodyOf(one))) return true;
      for (const called of calledBy(one)) visited.add(called);
    }
    return false;
  };
  return {
    bodyOf,
    calledBy,
    named,
    readsClaims: (fn) => says(fn, READS_CLAIMS),
    readsRequest: (fn) => says(fn, READS_REQUEST),
  };
}
