import { quoteIdentifier } from '../../../postgres/quote.ts';
import type { FindingObject } from '../../finding-object.ts';
import { fix } from '../../fix.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import type { Anywhere } from '../anywhere.ts';
import { isDangerous } from '../dangerous-names.ts';
import { once } from '../once.ts';
import type { SurveyedExtension, SurveyedFunction } from '../survey.ts';
import { listed } from '../words.ts';

/** Schema for extensions, as Supabase names it too. */
const ELSEWHERE = 'extensions';

const functionsOf = once(({ survey }) => {
  const found = new Map<string, SurveyedFunction[]>();
  for (const fn of survey.functions) {
    if (fn.extension === null) continue;
    const same = found.get(fn.extension);
    if (same) same.push(fn);
    else found.set(fn.extension, [fn]);
  }
  return found;
});

function extensionObject({ name }: SurveyedExtension): FindingObject {
  return { kind: 'extension', name, text: `extension ${name}` };
}

/** Types that PostgREST takes a whole body as, for an argument without a name. */
const BODIES = new Set(['json', 'jsonb', 'text', 'bytea', 'xml']);

/** True if PostgREST can call a function: by the names of its arguments, or with the body as its only one. */
function isCallable({ arguments: types, argument_names: names, kind }: SurveyedFunction): boolean {
  if (kind === 'w') return false;
  const isNamed = types.every((_, index) => (names[index] ?? '') !== '');
  return isNamed || (types.length === 1 && BODIES.has(types[0]!));
}

/** Roles of requests that may call one of the functions. */
function callers({ scope, reach }: Anywhere, functions: readonly SurveyedFunction[]): string[] {
  return scope.roles.filter((role) => functions.some((fn) => reach.calls(role, fn)));
}

export const extensionExposed: AnywhereRule = {
  id: 'extension_exposed',
  topic: 'exposure',
  levels: ['warning'],
  subject: 'functions',
  why: 'Functions of an extension in an exposed schema are RPCs, also those that a later version brings.',
  fix: 'Put the extension into another schema, and add that to `db-extra-search-path`.',
  find: (audited) =>
    audited.survey.extensions
      .filter((extension) => audited.reach.isExposed(extension))
      .flatMap((extension) => {
        const callable = (functionsOf(audited).get(extension.id) ?? []).filter(
          (fn) => audited.reach.isExposed(fn) && isCallable(fn) && !isDangerous(fn),
        );
        const roles = callers(audited, callable);
        if (roles.length === 0) return [];
        const name = quoteIdentifier(extension.name);
        const sql = [`CREATE SCHEMA IF NOT EXISTS ${ELSEWHERE}`, `ALTER EXTENSION ${name} SET SCHEMA ${ELSEWHERE}`];
        const words = `make it elsewhere: CREATE EXTENSION ${name} SCHEMA ${ELSEWHERE}`;
        return {
          object: extensionObject(extension),
          problem: `is in the exposed schema ${extension.schema}, and ${listed(roles)} may call its functions`,
          fix: extension.relocatable ? fix(sql.join('; '), ...sql) : fix(words),
        };
      }),
};

/** Extensions that give another way to rows, or out of the server. */
const DOORS = new Set(['pg_graphql', 'dblink', 'http', 'pg_net', 'postgres_fdw']);

export const secondDoor: AnywhereRule = {
  id: 'second_door',
  topic: 'exposure',
  levels: ['warning', 'info'],
  otherLevelWhen: 'where only a function with the rights of its caller could name it',
  subject: 'functions',
  why: 'The extension is another way to rows, or from the server to others, beside the API.',
  fix: 'Revoke USAGE on its schema and EXECUTE on its functions, or drop the extension.',
  find: (audited) =>
    audited.survey.extensions
      .filter(({ name }) => DOORS.has(name) && !(audited.scope.platform === 'supabase' && name !== 'dblink'))
      .flatMap((extension) => {
        const functions = (functionsOf(audited).get(extension.id) ?? []).filter(
          (fn) => extension.name === 'pg_graphql' || isDangerous(fn),
        );
        const isOpen = (fn: SurveyedFunction) => audited.reach.isExposed(fn);
        const level = functions.some((fn) => isOpen(fn) && callers(audited, [fn]).length > 0) ? 'warning' : 'info';
        const counted = functions.filter((fn) => level === 'info' || isOpen(fn));
        // Those that requests call by name are findings of their own.
        if (counted.some((fn) => isOpen(fn) && isDangerous(fn))) return [];
        const roles = callers(audited, counted);
        if (roles.length === 0) return [];
        return {
          level,
          object: extensionObject(extension),
          problem: `is in the schema ${extension.schema}, and ${listed(roles)} may call its functions`,
          fix: fix('revoke USAGE on its schema and EXECUTE on its functions, or drop it'),
        };
      }),
};
