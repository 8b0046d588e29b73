import type { AccessDiff } from '../../../access/diff/access-diff.ts';
import { declaredPreRequest } from '../../../access/diff/declared-pre-request.ts';
import { diffAccess, type DiffOptions } from '../../../access/diff/diff-access.ts';
import type { DiffSide } from '../../../access/diff/diff-side.ts';
import { prepare } from '../../../audit/anywhere/anywhere.ts';
import { declaredScope } from '../../../audit/declared-scope.ts';
import { findScope } from '../../../audit/anywhere/find-scope.ts';
import { readSurvey, surveying } from '../../../audit/anywhere/read-survey.ts';
import type { Declaration } from '../../../declaration/index.ts';
import { withClient } from '../../../postgres/with-client.ts';
import type { TestDatabase } from '../database.ts';

/** What a database is after a declaration was applied to it. */
export async function appliedSide(database: TestDatabase, declaration: Declaration): Promise<DiffSide> {
  await database.apply(declaration);
  return presentSide(database, declaration);
}

/** What a database is now. */
export function presentSide(database: TestDatabase, declaration: Declaration): Promise<DiffSide> {
  return withClient(database.superuser, async (client) => {
    const survey = await surveying(client, () => readSurvey(client));
    const anywhere = await prepare(survey, findScope(survey, declaredScope(declaration)));
    return { name: declaration.name, anywhere, preRequest: declaredPreRequest(declaration) };
  });
}

/** Changes as short lines, `wider user select api.notes`, without the prefix of roles. */
export function changeLines({ changes }: AccessDiff, prefix: string): string[] {
  return changes
    .map(({ grade, bound, role, command, object: { schema, name } }) =>
      [
        grade,
        ...(bound === undefined ? [] : [`(${bound})`]),
        role.replace(`${prefix}_`, ''),
        command,
        `${schema}.${name}`,
      ].join(' '),
    )
    .sort();
}

export async function changesOf(
  before: DiffSide,
  after: DiffSide,
  prefix: string,
  options?: DiffOptions,
): Promise<string[]> {
  return changeLines(await diffAccess(before, after, options), prefix);
}
