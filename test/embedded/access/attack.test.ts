import { beforeAll, expect, it } from 'vitest';
import { loadModule } from 'libpg-query';
import { attack, type AttackOptions } from '../../../access/check/attack.ts';
import type { Property } from '../../../access/prove/property.ts';
import projects from '../../../examples/projects/declaration.ts';
import { withClient } from '../../../postgres/with-client.ts';
import type { LocalConnection } from '../../../testing/servers/postgres-server.ts';
import { useCluster } from '../../support/database.ts';
import { declaredDatabase } from '../../support/access/mutated-database.ts';
import { declarationInputs } from '../../support/access/mutated-declarations.ts';

const cluster = useCluster();
let connection: LocalConnection;
beforeAll(async () => {
  await loadModule();
  const input = (await declarationInputs()).find(({ name }) => name === projects.name)!;
  connection = await declaredDatabase(cluster.server(), input);
});

const options: AttackOptions = {
  schemas: ['api', 'internal'],
  frame: { settings: { search_path: 'api, internal' }, before: 'SELECT projects_private.pre_request()' },
  claims: { exp: Math.floor(Date.now() / 1000) + 3600, iss: 'https://id.projects.example', aud: 'projects-api' },
  seconds: 2,
};

const isolation: Property = {
  name: 'tenant-isolation',
  words: 'no task of another tenant is read or written',
  roles: ['projects_member', 'projects_manager'],
  relation: { schema: 'api', name: 'tasks' },
  commands: ['select', 'insert', 'update', 'delete'],
  only: `tenant_id = claim('tenant_id')::uuid`,
};

it('finds no request that violates a property that holds', async () => {
  const { requests, served, violation } = await attack(connection, isolation, options);
  expect(violation).toBeUndefined();
  expect(requests).toBeGreaterThan(100);
  expect(served).toBeGreaterThan(20);
});

it.each([
  [
    'a restrictive policy that is gone',
    'DROP POLICY within_tenant ON api.tasks',
    "CREATE POLICY within_tenant ON api.tasks AS RESTRICTIVE TO projects_member USING (tenant_id = projects_private.try_cast(projects_private.claim('tenant_id'), NULL::uuid))",
  ],
  [
    'row security that is off',
    'ALTER TABLE api.tasks DISABLE ROW LEVEL SECURITY',
    'ALTER TABLE api.tasks ENABLE ROW LEVEL SECURITY',
  ],
])('finds %s, with few rows and claims', async (_, sql, undo) => {
  await withClient(connection, (client) => client.query(sql));
  try {
    const { violation } = await attack(connection, isolation, { ...options, seconds: 20 });
    expect(violation?.request.target).toEqual(isolation.relation);
    expect(violation!.rows.length).toBeLessThanOrEqual(6);
  } finally {
    await withClient(connection, (client) => client.query(undo));
  }
});

it('finds a property that never held', async () => {
  const nothing = { ...isolation, only: 'false', commands: ['select'] as const };
  const { violation } = await attack(connection, nothing, { ...options, seconds: 20 });
  expect(violation?.request.kind).toBe('read');
});
