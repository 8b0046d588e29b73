import { quoteIdentifier } from '../../../postgres/quote.ts';
import { namesIn } from '../../../postgres/catalog/body-names.ts';
import { partObject } from '../../finding-object.ts';
import { run } from '../../fix.ts';
import { sqlName } from '../../relations.ts';
import type { AnywhereRule } from '../anywhere-rule.ts';
import type { Anywhere } from '../anywhere.ts';
import { doorsOf, type ReachedRelation } from '../doors.ts';
import { isForeign } from '../platform.ts';
import { byObject } from '../role-findings.ts';
import { creatableSchemas, setSearchPath, usesCallersPath } from '../search-paths.ts';
import type { SurveyedRelation } from '../survey.ts';
import { listed } from '../words.ts';

/** Parts of relations that writes of requests set off. */
function firedBy<Part>(
  audited: Anywhere,
  partsOf: (relation: SurveyedRelation, written: ReachedRelation) => readonly Part[],
) {
  return byObject(audited, (role) =>
    doorsOf(audited, role).relations.flatMap((written) => {
      const { relation, command, as } = written;
      if (command === 'select' || as !== role || isForeign(audited, relation)) return [];
      return partsOf(relation, written).map((part) => [part, written] as const);
    }),
  );
}

export const triggerOwnRights: AnywhereRule = {
  id: 'trigger_own_rights',
  topic: 'exposure',
  levels: ['warning', 'error'],
  otherLevelWhen: 'where a role of requests may create objects in a schema that the function searches',
  subject: 'triggers and rules',
  why: "A write runs the trigger's function with its owner's rights, in the search path of the request.",
  fix: 'Set a search path on the function.',
  find: (audited) =>
    [
      ...firedBy(audited, ({ triggers }, { command, as }) =>
        triggers.filter(
          ({ enabled, on, function: fn }) =>
            enabled &&
            on.includes(command) &&
            fn !== undefined &&
            fn.security_definer &&
            !isForeign(audited, fn) &&
            !audited.reach.identities(as).has(fn.owner) &&
            usesCallersPath(fn),
        ),
      ),
    ].map(([trigger, { roles, items }]) => {
      const fn = trigger.function!;
      const { relation } = items[0]!;
      const open = [...new Set(roles.flatMap((role) => creatableSchemas(audited, role)))];
      const create = open.length > 0 ? `, and requests may create objects in ${listed(open)}` : '';
      return {
        level: open.length > 0 ? 'error' : 'warning',
        object: partObject('trigger', { schema: relation.schema, table: relation.name, name: trigger.name }),
        problem: `runs ${fn.signature} with the rights of ${fn.owner} in the search path of ${listed(roles)}${create}`,
        fix: setSearchPath(audited, fn),
      };
    }),
};

export const rewriteRule: AnywhereRule = {
  id: 'rewrite_rule',
  topic: 'exposure',
  levels: ['warning'],
  subject: 'triggers and rules',
  why: "The commands of a rule run with the rights of the relation's owner, on any tables that they name.",
  fix: 'Drop the rule, and use a trigger.',
  find: (audited) =>
    [
      ...firedBy(audited, ({ rules }, { command }) =>
        rules.filter((rule) => rule.command === command && actionOf(rule.definition) !== undefined),
      ),
    ].flatMap(([rule, { roles, items }]) => {
      const { relation } = items[0]!;
      if (roles.every((role) => audited.reach.identities(role).has(relation.owner))) return [];
      const tables = new Set(
        namesIn(actionOf(rule.definition)!).tables.map(({ schema, name }) =>
          schema === undefined ? name : `${schema}.${name}`,
        ),
      );
      const on = tables.size > 0 ? `, on ${listed([...tables])}` : '';
      return {
        object: partObject('rule', { schema: relation.schema, table: relation.name, name: rule.name }),
        problem: `runs for ${listed(roles)} with the rights of ${relation.owner}${on}`,
        fix: run(`DROP RULE ${quoteIdentifier(rule.name)} ON ${sqlName(relation)}`, ', and use a trigger'),
      };
    }),
};

/** Effect of a rule; undefined if it does nothing. */
function actionOf(definition: string): string | undefined {
  const action = /\bDO\s+(?:INSTEAD\s+|ALSO\s+)?([^]*)$/.exec(definition)?.[1] ?? definition;
  return /^NOTHING;?\s*$/.test(action) ? undefined : action;
}
