import { beforeAll, describe, expect, it } from 'vitest';
import { noWider, refuseWiderRoles } from '../../../../access/diff/no-wider.ts';
import { applyDeclaration } from '../../../../apply/apply.ts';
import { allRows, tenant } from '../../../../declaration/index.ts';
import { desk } from '../../../support/access/diff-changes.ts';
import { accessState, useCluster, type TestDatabase } from '../../../support/database.ts';
import { rejection } from '../../../support/errors.ts';

const cluster = useCluster();
let database: TestDatabase;

beforeAll(async () => {
  database = await cluster.database();
  await database.apply(desk(database.name));
});

const gated = (change: Parameters<typeof desk>[1]) => {
  const declaration = desk(database.name, change);
  return applyDeclaration(database.admin, declaration, { gate: noWider(declaration) });
};

describe('--no-wider', () => {
  it('stops before a column is granted, lists it, and changes nothing', async () => {
    const before = await accessState(database);
    const error = await rejection(
      gated((parts) => {
        const [grant] = parts.notes.grants!;
        parts.notes = { ...parts.notes, grants: [{ ...grant!, select: true }] };
      }),
    );
    expect(error).toMatchObject({ code: 'wider_access', place: `declaration ${database.name}` });
    expect(error.message).toContain(`wider: ${database.name}_user: select on api.notes`);
    expect(error.message).toContain('gains the columns tenant_id, team_id, public');
    expect(await accessState(database)).toEqual(before);
  });

  it('stops before a migration that grows access is committed', async () => {
    const error = await rejection(
      gated((parts) => {
        const sql = `CREATE TABLE api.more (id int);`;
        parts.migrations = [...(parts.migrations as []), { file: '002_more.sql', sql }] as never;
        parts.tags = {
          ...parts.tags,
          grants: [...parts.tags.grants!, { to: parts.role('user'), select: true }],
          policies: [...parts.tags.policies!, allRows({ to: parts.role('user'), for: 'select' })],
        };
      }),
    );
    expect(error).toMatchObject({ code: 'wider_access' });
    expect(await database.sql(`SELECT to_regclass('api.more') AS found`)).toEqual([{ found: null }]);
  });

  it('stops before a role inherits another one, by what is declared alone', async () => {
    const declaration = desk(database.name, (parts) => {
      const inherits = [parts.role('user')];
      parts.roles = { ...parts.roles, users: [parts.role('user'), { name: parts.role('admin'), inherits }] };
    });
    const error = await rejection(refuseWiderRoles(database.superuser, declaration));
    expect(error).toMatchObject({ code: 'wider_access' });
    expect(error.message).toContain(`wider: ${database.name}_admin: select on api.notes (gains select)`);
    await refuseWiderRoles(database.superuser, desk(database.name));
  });

  it('lets what is the same and what is narrower pass', async () => {
    expect(await gated(() => {})).toMatchObject({ changes: 0 });
    const { changes } = await gated((parts) => {
      const policy = { restrictive: true, column: 'tenant_id', claim: 'tenant_id', type: 'int' } as const;
      const policies = [...parts.notes.policies!, tenant({ to: parts.role('user'), ...policy })];
      parts.notes = { ...parts.notes, policies };
    });
    expect(changes).toBeGreaterThan(0);
  });
});
