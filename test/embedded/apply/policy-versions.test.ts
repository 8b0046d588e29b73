import { describe, expect, it } from 'vitest';
import { auditDatabase } from '../../../apply/index.ts';
import { useCluster } from '../../support/database.ts';
import { notes } from '../../support/notes.ts';

const cluster = useCluster();

/** A policy's mark holds which version of its row it is. */
describe('a policy', () => {
  it.each([
    [
      'is changed with its old comment put back',
      `DO $do$ DECLARE old text; BEGIN
        SELECT description INTO old FROM pg_description JOIN pg_policy AS p ON p.oid = objoid;
        ALTER POLICY own_rows_all_$_user ON api.notes USING (true);
        EXECUTE format('COMMENT ON POLICY own_rows_all_$_user ON api.notes IS %L', old);
      END $do$`,
    ],
    ['is changed in the catalog itself', 'UPDATE pg_policy SET polroles = ARRAY[0::oid]'],
  ])('is made anew if it %s', async (_, change) => {
    const database = await cluster.database();
    const declaration = notes(database.name);
    await database.apply(declaration);
    await database.sql(change.replaceAll('$_', `${database.name}_`));
    const findings = await auditDatabase(database.admin, declaration);
    expect(new Set(findings.map(({ rule }) => rule))).toEqual(new Set(['not_as_declared']));
    expect((await database.apply(declaration)).changes).toBe(2);
    expect(await auditDatabase(database.admin, declaration)).toEqual([]);
  });

  it('stays as it is when Postgres writes its catalogs anew', async () => {
    const database = await cluster.database();
    const declaration = notes(database.name);
    await database.apply(declaration);
    await database.sql('VACUUM FULL pg_policy');
    await database.sql('VACUUM FREEZE');
    expect(await auditDatabase(database.admin, declaration)).toEqual([]);
    expect((await database.apply(declaration)).changes).toBe(0);
  });
});
