import type { Node } from '../../../postgres/expressions/walk.ts';
import type { Environment } from './environment.ts';
import { scalarFrom, unknown } from './evaluate.ts';
import { all, any, FALSE_TERM, not, same, TRUE_TERM } from './script.ts';
import type { List, Value } from './values.ts';

export const NEGATED_WITHIN = 'a sub-select that is negated within another one';

/** True if rows count: `(SELECT claim('x'))` reads none. */
export function readsRows(query: Node): boolean {
  return query['fromClause'] !== undefined || query['op'] !== 'SETOP_NONE';
}

/** The value of a sub-select that has one row; one of them where it has more, and null where it has none. */
export function onlyValue(query: Node, environment: Environment): Value {
  const found = environment.sql.results(query, environment);
  const [first] = found;
  if (!first) return { kind: 'text', term: environment.world.text('').term, isNull: TRUE_TERM, literal: '' };
  const values = found.map(({ columns }) => columns[0]?.[1]);
  if (found.length === 1 && first.guard === TRUE_TERM && values[0]) return values[0];
  const scalars = found.map(({ guard }, n) => ({
    guard,
    value: values[n] ? scalarFrom(values[n], environment) : unknown(environment, undefined),
  }));
  const kind = scalars[0]!.value.kind;
  if (scalars.some(({ value }) => value.kind !== kind)) return unknown(environment, undefined);
  const result = environment.world.open(kind, `only ${environment.world.choice()}`);
  environment.world.script.assert(
    any(
      ...scalars.map(({ guard, value }) =>
        all(guard, same(result.isNull, value.isNull), any(value.isNull, same(result.term, value.term))),
      ),
      all(result.isNull, ...scalars.map(({ guard }) => not(guard))),
    ),
  );
  return result;
}

/** Values of the first column of a query. */
export function listOf(query: Node, environment: Environment): List {
  const items = environment.sql.results(query, environment).flatMap(({ guard, columns }) => {
    const value = columns[0]?.[1];
    if (value?.kind === 'list') {
      return value.items.map((item) => ({ guard: all(guard, not(value.isNull), item.guard), value: item.value }));
    }
    return [{ guard, value: value ? scalarFrom(value, environment) : unknown(environment, undefined) }];
  });
  return { kind: 'list', isNull: FALSE_TERM, items };
}
