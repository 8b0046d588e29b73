import { beforeAll, describe, expect, it } from 'vitest';
import { withLogic } from '../../../../access/diff/logic.ts';
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

const after = (change: (typeof DIFF_CASES)[number]['change']) => appliedSide(database, desk(database.name, change));

describe('with the solver, a change is graded by what conditions mean', () => {
  it.each(DIFF_CASES)('$title', async ({ change, expected }) => {
    const changed = await after(change);
    const found = await withLogic((compareRows) => changesOf(before, changed, database.name, { compareRows }));
    expect(found).toEqual([...expected].sort());
  });
});

describe('without the solver, a change is graded by grants and the texts of policies', () => {
  it.each(DIFF_CASES)('$title', async ({ change, expected, withoutLogic = expected }) => {
    expect(await changesOf(before, await after(change), database.name)).toEqual([...withoutLogic].sort());
  });
});
