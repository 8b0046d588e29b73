import { beforeAll, describe, expect, it } from 'vitest';
import type { DiffSide } from '../../../../access/diff/diff-side.ts';
import { DIFF_CASES, desk } from '../../../support/access/diff-changes.ts';
import { appliedSide, changesOf } from '../../../support/access/diffed.ts';
import { useCluster, type TestDatabase } from '../../../support/database.ts';

const cluster = useCluster();
let database: TestDatabase;
let before: DiffSide;

beforeAll(async () => {
  database = await cluster.database();
  before = await appliedSide(database, desk(database.name));
});

describe('without the solver, a change is graded by grants and the texts of policies', () => {
  it.each(DIFF_CASES)('$title', async ({ change, expected, withoutLogic = expected }) => {
    const after = await appliedSide(database, desk(database.name, change));
    expect(await changesOf(before, after, database.name)).toEqual([...withoutLogic].sort());
  });
});
