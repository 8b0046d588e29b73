import { searchPath } from '../tables-met.ts';
import { fix, type Fix } from '../fix.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import type { Anywhere } from './anywhere.ts';
import { bodyObjects, isParsed } from './bodies/body-objects.ts';
import type { SurveyedFunction } from './survey.ts';

/** True if names in a function's body are looked up in the path of who calls it. */
export function usesCallersPath(fn: SurveyedFunction): boolean {
  return searchPath(fn) === undefined && !isParsed(fn) && fn.trusted;
}

/** Schemas of a request's search path in which a role may create objects. */
export function creatableSchemas({ survey, scope, reach }: Anywhere, role: string): string[] {
  return [...new Set([...scope.schemas, ...scope.extraSchemas])].filter((name) => {
    const schema = survey.schemas.get(name);
    return schema !== undefined && reach.holds(role, schema, 'CREATE');
  });
}

/** Sets a search path in which the function finds what it finds now. */
export function setSearchPath(audited: Anywhere, fn: SurveyedFunction): Fix {
  const { scope } = audited;
  const { searched } = bodyObjects(audited, fn);
  const order = [...scope.schemas, ...scope.extraSchemas, fn.schema].filter((name) => searched.has(name));
  const path = ['pg_catalog', ...new Set(order.map(quoteIdentifier)), 'pg_temp'];
  const sql = `ALTER ROUTINE ${fn.signature} SET search_path = ${path.join(', ')}`;
  return fix(sql, sql);
}
