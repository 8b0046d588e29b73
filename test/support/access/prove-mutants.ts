import { diffAccess } from '../../../access/diff/diff-access.ts';
import type { AccessDiff } from '../../../access/diff/access-diff.ts';
import type { CompareRows } from '../../../access/diff/compare-rows.ts';
import { declaredPreRequest } from '../../../access/diff/declared-pre-request.ts';
import type { DiffSide } from '../../../access/diff/diff-side.ts';
import { tokenAnswers } from '../../../access/diff/token-answers.ts';
import { prepare } from '../../../audit/anywhere/anywhere.ts';
import { findScope } from '../../../audit/anywhere/find-scope.ts';
import { readSurvey } from '../../../audit/anywhere/read-survey.ts';
import { declaredScope } from '../../../audit/declared-scope.ts';
import { inMutant, type Mutated, type MutantsOutcome } from './mutated.ts';

/** What became of mutants, and those that count as unreached and are not. */
export interface ProvenMutants extends MutantsOutcome {
  readonly refuted: readonly string[];
}

/** Compares each mutant with its declaration as `access prove --declaration` does; what is not decided is missed. */
export async function proveMutants(mutated: Mutated, compareRows: CompareRows): Promise<ProvenMutants> {
  const { client, counted, unreached, equivalent } = mutated;
  const refuted: string[] = [];
  const caught: string[] = [];
  const missed: string[] = [];
  const declared = await inMutant(client, '', async () => {
    const [side, answers] = [await presentSide(mutated), await tokenAnswers(client, mutated.declaration)];
    return { ...side, answers: () => Promise.resolve(answers) };
  });
  const compare = (sql: string) =>
    inMutant(client, sql, async () =>
      diffAccess(declared, await presentSide(mutated), { compareRows, everyGrant: true }),
    );
  const { changes } = await compare('');
  for (const { name, sql } of counted) (isDifferent(await compare(sql)) ? caught : missed).push(name);
  for (const { name, sql } of unreached) if (isDifferent(await compare(sql))) refuted.push(name);
  return { caught, missed, refuted, equivalent, wrong: changes.map((change) => JSON.stringify(change)) };
}

function isDifferent({ changes }: AccessDiff): boolean {
  return changes.some(({ grade }) => grade !== 'not decided');
}

async function presentSide({ client, declaration }: Mutated): Promise<DiffSide> {
  await client.query('SET LOCAL search_path = pg_catalog');
  const survey = await readSurvey(client);
  return {
    name: declaration.name,
    anywhere: await prepare(survey, findScope(survey, declaredScope(declaration))),
    preRequest: declaredPreRequest(declaration),
    answers: () => tokenAnswers(client, declaration),
  };
}
