import { afterAll, beforeAll } from 'vitest';
import { prepare, type Anywhere } from '../../../audit/anywhere/anywhere.ts';
import { findScope } from '../../../audit/anywhere/find-scope.ts';
import { readSurvey, surveying } from '../../../audit/anywhere/read-survey.ts';
import { declaredScope } from '../../../audit/declared-scope.ts';
import type { Declaration } from '../../../declaration/index.ts';
import { withClient } from '../../../postgres/with-client.ts';
import { startSource, type Source } from '../../../testing/source.ts';
import type { ReplayTarget } from '../../../access/prove/replay/replay.ts';

/** A copy of a declared database for each call, changed by SQL before it is read. */
export function useMutatedExample(declaration: Declaration) {
  let source: Source;
  beforeAll(async () => {
    source = await startSource(declaration);
  });
  afterAll(() => source.stop());
  return <T>(
    mutation: string,
    work: (target: ReplayTarget & { readonly audited: Anywhere }) => Promise<T>,
  ): Promise<T> =>
    source.inCopy((connection) =>
      withClient(connection, async (client) => {
        await client.query(mutation);
        const survey = await surveying(client, () => readSurvey(client));
        const audited = await prepare(survey, findScope(survey, declaredScope(declaration)));
        return work({ client, audited, declaration });
      }),
    );
}
