import { functionObject } from '../../finding-object.ts';
import type { Level } from '../../finding.ts';
import { fix } from '../../fix.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import type { Anywhere } from '../anywhere.ts';
import { rolesAskedFor } from '../bodies/unasked.ts';
import { unquotedInputs } from '../bodies/unquoted-inputs.ts';
import { throughDoor } from '../doors.ts';
import { asksOtherwise, lentInWords, tablesLent, type Lent } from '../lent-tables.ts';
import { firingTables, lendsRights, reachedFunctions } from '../reached-functions.ts';
import { revokeExecute } from '../revoke.ts';
import { creatableSchemas, setSearchPath, usesCallersPath } from '../search-paths.ts';
import type { SurveyedFunction } from '../survey.ts';
import { listed } from '../words.ts';

const NUMBERS = new Set(['bigint', 'integer', 'smallint', 'numeric', 'real', 'double precision']);

export const definerTrustsCaller: AnywhereRule = {
  id: 'definer_trusts_caller',
  topic: 'exposure',
  levels: ['error', 'warning', 'info'],
  otherLevelWhen:
    'where a token is needed, or only a column such as `user_id` says whose rows they are; info where the answer is only yes or no',
  subject: 'functions',
  why: "A SECURITY DEFINER function reaches tables with its owner's rights, and asks no claim. Its caller chooses the rows.",
  fix: 'Compare the rows with a claim, make the function SECURITY INVOKER, or revoke EXECUTE.',
  find: (audited) =>
    [
      ...reachedFunctions(
        audited,
        (reached, role) =>
          lendsRights(audited, reached, role) &&
          (reached.by === 'call' || reached.by === 'view') &&
          reached.fn.of_row === undefined,
      ),
    ].flatMap(([fn, { roles, items }]) => {
      if (asksOtherwise(audited, fn)) return [];
      const asked = rolesAskedFor(audited.texts.bodyOf(fn));
      const admitted = roles.filter((role) => !asked || asked.has(role));
      const lent = admitted
        .map((role) => [role, tablesLent(audited, fn, role)] as const)
        .filter(([, found]) => found.length > 0);
      if (lent.length === 0) return [];
      const tables = lent.flatMap(([, found]) => found);
      const level = levelOf(audited, fn, lent);
      if (level === undefined) return [];
      return {
        level,
        object: functionObject(fn),
        problem: `lets ${listed(lent.map(([role]) => role))} ${lentInWords(tables)} with the rights of ${fn.owner}, and asks no claim${throughDoor(items[0]!)}`,
        fix: revokeExecute(
          audited,
          fn,
          lent.map(([role]) => role),
          ', or compare the rows with a claim, or make it SECURITY INVOKER',
        ),
      };
    }),
};

function levelOf(
  { scope }: Anywhere,
  { returns, returns_set, arguments: types }: SurveyedFunction,
  lent: readonly (readonly [role: string, tables: readonly Lent[]])[],
): Level | undefined {
  const onlyReads = lent.every(([, tables]) => tables.every(({ command }) => command === 'select'));
  if (onlyReads && !returns_set && NUMBERS.has(returns) && types.length === 0) return undefined;
  if (onlyReads && !returns_set && returns === 'boolean') return 'info';
  const forAnonymous = lent.some(([role, tables]) => role === scope.anonymous && tables.some(({ sure }) => sure));
  return forAnonymous ? 'error' : 'warning';
}

export const definerDynamicSql: AnywhereRule = {
  id: 'definer_dynamic_sql',
  topic: 'exposure',
  levels: ['error'],
  subject: 'functions',
  why: "A function joins what the request gives into SQL. The request can run SQL of its own with the function's rights.",
  fix: 'Give values by USING, and names by `format` with `%I`.',
  find: (audited) =>
    [...reachedFunctions(audited, ({ by }) => by === 'call' || by === 'trigger')].flatMap(([fn, { roles, items }]) => {
      const inputs = unquotedInputs(fn, audited.texts.bodyOf(fn), firingTables(items)).inSql;
      if (inputs.length === 0) return [];
      const rights = fn.security_definer ? `with the rights of ${fn.owner}` : 'which can set claims';
      return {
        object: functionObject(fn),
        problem: `joins ${listed(inputs)} into SQL without quotes, so that ${listed(roles)} can run any SQL ${rights}${throughDoor(items[0]!)}`,
        fix: fix('give values by USING, and names by format with %I'),
      };
    }),
};

export const searchPathNotSet: AnywhereRule = {
  id: 'search_path_not_set',
  topic: 'exposure',
  levels: ['warning', 'error'],
  otherLevelWhen: 'where a role of requests may create objects in a schema that the function searches',
  subject: 'functions',
  why: "A SECURITY DEFINER function without a search path of its own looks up names in the caller's search path.",
  fix: 'Set a search path on the function.',
  find: (audited) =>
    [
      ...reachedFunctions(
        audited,
        (reached, role) =>
          lendsRights(audited, reached, role) && reached.by !== 'trigger' && usesCallersPath(reached.fn),
      ),
    ].map(([fn, { roles, items }]) => {
      const open = [...new Set(audited.scope.roles.flatMap((role) => creatableSchemas(audited, role)))];
      const create = open.length > 0 ? `, and requests may create objects in ${listed(open)}` : '';
      return {
        level: open.length > 0 ? 'error' : 'warning',
        object: functionObject(fn),
        problem: `runs with the rights of ${fn.owner} in the search path of ${listed(roles)}${create}${throughDoor(items[0]!)}`,
        fix: setSearchPath(audited, fn),
      };
    }),
};

export const computedColumn: AnywhereRule = {
  id: 'computed_column',
  topic: 'exposure',
  levels: ['warning'],
  subject: 'functions',
  why: "A function with its owner's rights takes a row, so that requests read its result as a column of the table.",
  fix: 'Make the function SECURITY INVOKER, or compare what it reads with a claim.',
  find: (audited) =>
    [
      ...reachedFunctions(
        audited,
        (reached, role) =>
          lendsRights(audited, reached, role) && reached.by !== 'trigger' && reached.fn.of_row !== undefined,
      ),
    ].flatMap(([fn, { roles }]) => {
      if (asksOtherwise(audited, fn)) return [];
      const lent = roles.flatMap((role) => tablesLent(audited, fn, role));
      if (lent.length === 0) return [];
      const table = fn.of_row!;
      return {
        object: functionObject(fn),
        problem: `is a column of ${table.schema}.${table.name} that lets ${listed(roles)} ${lentInWords(lent)} with the rights of ${fn.owner}`,
        fix: revokeExecute(audited, fn, roles, ', or make it SECURITY INVOKER'),
      };
    }),
};
