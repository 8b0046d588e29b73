import { describe, expect, it } from 'vitest';
import { grantResources } from '../../../bench/grant-resources.ts';
import { declareTables } from '../../../bench/tables.ts';
import { desiredAccess } from '../../../compile/access.ts';

describe('declareTables', () => {
  it('gives every table two policies, and both roles grants', () => {
    const { tables } = declareTables('bench', 3);
    expect(tables).toHaveLength(3);
    for (const { policies, grants } of tables) {
      expect(policies.map(({ input }) => input.kind)).toEqual(['own-rows', 'tenant']);
      expect(new Set(grants.map(({ role }) => role))).toEqual(new Set(['bench_reader', 'bench_writer']));
    }
  });

  it('changes one policy alone with another first claim', () => {
    const statements = (claim: string) =>
      desiredAccess(declareTables('bench', 3, { firstClaim: claim })).policies.map(({ statement }) => statement);
    const after = statements('sub');
    expect(statements('user_id').filter((sql) => !after.includes(sql))).toHaveLength(1);
  });
});

describe('grantResources', () => {
  it('has one resource for each table and role', () => {
    const server = { port: 5432, database: 'b', passwordFile: '/p', sslRootCertificate: '/c' };
    const { resource } = grantResources(3, { ...server, version: '1.26.0' }) as {
      resource: { postgresql_grant: object };
    };
    expect(Object.keys(resource.postgresql_grant)).toHaveLength(6);
  });
});
