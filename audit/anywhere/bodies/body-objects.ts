import { namesIn, type BodyName } from '../../../postgres/catalog/body-names.ts';
import { searchPath } from '../../tables-met.ts';
import type { Anywhere } from '../anywhere.ts';
import { relationsByName } from '../named-relations.ts';
import { onceFor } from '../once.ts';
import type { RowCommand, SurveyedFunction, SurveyedRelation } from '../survey.ts';

/** A relation that a body names, with a command that it runs there. */
export interface NamedRelation {
  readonly relation: SurveyedRelation;
  readonly command: RowCommand;
}

/** Objects that the body of a function names. */
export interface BodyObjects {
  readonly relations: readonly NamedRelation[];
  readonly functions: readonly SurveyedFunction[];
  /** Schemas in which names without one are found. */
  readonly searched: ReadonlySet<string>;
}

/** True if Postgres has parsed the body, so that its names do not depend on a search path. */
export function isParsed({ language, body }: SurveyedFunction): boolean {
  return language === 'sql' && /^\s*(?:BEGIN ATOMIC|RETURN)\b/.test(body);
}

/** Finds the objects that SQL names: all of a function's body, or a part of it. */
export function objectsIn(audited: Anywhere, fn: SurveyedFunction, sql: string): BodyObjects {
  const { scope, texts } = audited;
  const path = searchPath(fn) ?? [...scope.schemas, ...scope.extraSchemas, fn.schema];
  const searched = new Set<string>();
  const find = <Found extends { readonly schema: string }>({ schema }: BodyName, candidates: readonly Found[]) => {
    if (schema !== undefined) return candidates.filter((one) => one.schema === schema);
    const first = path.find((name) => candidates.some((one) => one.schema === name));
    if (first === undefined) return [];
    searched.add(first);
    return candidates.filter((one) => one.schema === first);
  };
  const { tables, calls } = namesIn(sql);
  return {
    relations: tables.flatMap(({ command, ...name }) =>
      find(name, relationsByName(audited).get(name.name) ?? []).map((relation) => ({ relation, command })),
    ),
    functions: [...new Set(calls.flatMap((name) => find(name, texts.named(undefined, name.name))))].filter(
      (called) => called !== fn,
    ),
    searched,
  };
}

/** Finds the objects that a function's body names, in the search path that requests give it, or its own. */
export const bodyObjects = onceFor((audited, fn: SurveyedFunction): BodyObjects => {
  const { relations, functions, searched } = objectsIn(audited, fn, audited.texts.bodyOf(fn));
  const named = new Set(relations.map(({ relation }) => relation));
  const read = fn.reads.filter((relation) => !named.has(relation) && relation.kind !== 'S' && isParsed(fn));
  return {
    relations: [...relations, ...read.map((relation) => ({ relation, command: 'select' as const }))],
    functions: [...new Set([...fn.calls, ...functions])],
    searched,
  };
});
