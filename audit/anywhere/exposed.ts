import { namesIn } from '../../postgres/catalog/body-names.ts';
import { groupBy } from '../group-by.ts';
import type { Anywhere } from './anywhere.ts';
import { relationsByName } from './named-relations.ts';
import { once } from './once.ts';
import { COMMANDS, type RowCommand, type SurveyedPolicy, type SurveyedRelation } from './survey.ts';

/**
 * Tables that requests reach with their own rights: those of exposed schemas, those below views that keep to the reader's
 * rights, and those that functions of the API name. Tables of extensions are not among them.
 */
export const reachedTables = once(findReached);

function findReached(audited: Anywhere): readonly SurveyedRelation[] {
  const { survey, scope, reach, texts } = audited;
  const reached = new Set(survey.relations.filter((relation) => reach.isExposed(relation)));
  for (const fn of survey.functions) {
    const isCalled = !fn.security_definer && reach.isExposed(fn) && scope.roles.some((role) => reach.calls(role, fn));
    if (!isCalled) continue;
    for (const relation of fn.reads) reached.add(relation);
    for (const { schema, name } of namesIn(texts.bodyOf(fn)).tables) {
      for (const relation of relationsByName(audited).get(name) ?? []) {
        if (schema === undefined || schema === relation.schema) reached.add(relation);
      }
    }
  }
  for (const relation of reached) {
    if (relation.kind !== 'v' || !relation.security_invoker) continue;
    for (const below of relation.reads) reached.add(below);
  }
  return [...reached].filter(isTable).filter(({ extension }) => extension === null);
}

export function isTable({ kind }: SurveyedRelation): boolean {
  return kind === 'r' || kind === 'p';
}

/** Roles of requests with a grant on a relation, and their commands. */
export function grantees(
  { scope, reach }: Anywhere,
  relation: SurveyedRelation,
): [role: string, commands: RowCommand[]][] {
  return scope.roles
    .map((role): [string, RowCommand[]] => [role, COMMANDS.filter((command) => reach.may(role, relation, command))])
    .filter(([, commands]) => commands.length > 0);
}

/** A policy, and a role and a command for which it decides on rows that a grant lets the role ask for. */
export interface Decision {
  readonly policy: SurveyedPolicy;
  readonly table: SurveyedRelation;
  readonly role: string;
  readonly command: RowCommand;
}

/** Every decision of a policy that a request can meet. */
export const decisions = once(findDecisions);

function findDecisions(audited: Anywhere): readonly Decision[] {
  const { reach } = audited;
  return reachedTables(audited).flatMap((table) => {
    if (!table.row_security || table.policies.length === 0) return [];
    return grantees(audited, table).flatMap(([role, commands]) => {
      if (reach.isUnbound(role, table)) return [];
      return commands.flatMap((command) =>
        reach.policies(role, table, command).map((policy) => ({ policy, table, role, command })),
      );
    });
  });
}

const decisionsOf = once((audited) => groupBy(decisions(audited), ({ policy }) => policy));

/** Decisions by policy: all, or those that count. */
export function byPolicy(
  audited: Anywhere,
  counts?: (decision: Decision) => boolean,
): ReadonlyMap<SurveyedPolicy, readonly Decision[]> {
  if (!counts) return decisionsOf(audited);
  return groupBy(decisions(audited).filter(counts), ({ policy }) => policy);
}

/** Roles and commands of decisions, as words: `anon may select, member may select, insert`. */
export function whoMay(found: readonly Pick<Decision, 'role' | 'command'>[]): string[] {
  return [...new Set(found.map(({ role }) => role))].map(
    (role) =>
      `${role} may ${[...new Set(found.filter((one) => one.role === role).map(({ command }) => command))].join(', ')}`,
  );
}
