import { beforeAll, expect, it } from 'vitest';
import type { AccessDiff } from '../../../../access/diff/access-diff.ts';
import { diffAccess } from '../../../../access/diff/diff-access.ts';
import { withLogic } from '../../../../access/diff/logic.ts';
import { replayRows, type ReplaySide } from '../../../../access/diff/replay-rows.ts';
import { DIFF_CASES, desk } from '../../../support/access/diff-changes.ts';
import { appliedSide } from '../../../support/access/diffed.ts';
import { useCluster, type TestDatabase } from '../../../support/database.ts';

const cluster = useCluster();
const PREFIX = 'desk';
let databases: readonly [TestDatabase, TestDatabase];

beforeAll(async () => {
  databases = [await cluster.database(), await cluster.database()];
});

const sideOf = async (database: TestDatabase, declaration = desk(PREFIX)): Promise<ReplaySide> => ({
  ...(await appliedSide(database, declaration)),
  connection: database.superuser,
});
const replaysOf = ({ changes }: AccessDiff) => changes.map(({ opened }) => opened?.replay);

it.each(
  DIFF_CASES.filter(({ title }) =>
    [
      'a permissive policy is added',
      'a policy reads another claim',
      'rows of a team are added by memberships',
      'a role is added that reaches a table',
    ].includes(title),
  ),
)('a row that a change opens is reached after it and not before: $title', async ({ change }) => {
  const [before, after] = [await sideOf(databases[0]), await sideOf(databases[1], desk(PREFIX, change))];
  const diff = await withLogic((compareRows) => diffAccess(before, after, { compareRows }));
  const opened = diff.changes.filter((one) => one.opened).length;
  expect(opened).toBeGreaterThan(0);
  expect(replaysOf(diff).every((one) => one === undefined)).toBe(true);
  expect(replaysOf(await replayRows(diff, before, after))).toEqual(diff.changes.map(() => 'confirmed'));
  // The other way round, the same rows are not reached.
  expect(replaysOf(await replayRows(diff, after, before))).toEqual(diff.changes.map(() => 'not confirmed'));
  // A row that both reach is no difference.
  expect(replaysOf(await replayRows(diff, after, after))).toEqual(diff.changes.map(() => 'not confirmed'));
});
