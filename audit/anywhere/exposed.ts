import type { Anywhere } from './anywhere.ts';
import { COMMANDS, type RowCommand, type SurveyedRelation } from './survey.ts';

/** Tables in exposed schemas, without those of extensions. */
export function exposedTables({ survey, reach }: Anywhere): SurveyedRelation[] {
  return survey.relations.filter(
    (relation) =>
      (relation.kind === 'r' || relation.kind === 'p') && relation.extension === null && reach.isExposed(relation),
  );
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
