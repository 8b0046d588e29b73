import { describe, expect, it } from 'vitest';
import declaration from '../../../examples/projects/declaration.ts';
import { checkAccess, send } from '../../support/access/access-case.ts';
import { columnDifferences } from '../../support/access/column-matrix.ts';
import { dangling } from '../../support/access/errors.ts';
import { projectsCases } from '../../support/access/projects-cases.ts';
import { projectsMatrix } from '../../support/access/projects-matrix.ts';
import { ada, bolt, mia, subjects } from '../../support/access/projects-subjects.ts';
import { checkMatrixEntry } from '../../support/access/row-matrix.ts';
import { version } from '../../support/embedded-postgrest.ts';
import { testExample, type Running } from './test-example.ts';

const running = testExample(declaration, {
  cases: projectsCases,
  matrix: projectsMatrix,
  target: { as: ada, path: '/tasks?select=title' },
  version,
});

it('the roles have exactly the declared settings', async () => {
  const settings = await running().sql(
    "SELECT rolname AS role, rolconfig AS settings FROM pg_roles WHERE rolname LIKE 'projects\\_%' ORDER BY 1",
  );
  expect(settings).toEqual([
    { role: 'projects_anon', settings: ['statement_timeout=1000'] },
    { role: 'projects_auditor', settings: ['statement_timeout=20000', 'work_mem=16MB'] },
    { role: 'projects_authenticator', settings: null },
    { role: 'projects_manager', settings: ['statement_timeout=5000'] },
    { role: 'projects_member', settings: ['statement_timeout=3000'] },
    { role: 'projects_owner', settings: null },
  ]);
});

/** Checks something while the database is changed, and changes it back. */
async function meanwhile({ sql }: Running, change: string, back: string, check: () => Promise<void>): Promise<void> {
  await sql(change);
  await check().finally(() => sql(back));
}

describe('what has grown is told by its name:', () => {
  it('a policy', () =>
    meanwhile(
      running(),
      'CREATE POLICY grown ON api.users FOR UPDATE TO projects_manager USING (true)',
      'DROP POLICY grown ON api.users',
      async () => {
        const entry = { table: 'users', command: 'update' } as const;
        await expect(checkMatrixEntry(running().api, projectsMatrix, entry)).rejects.toMatchObject({
          message: expect.stringContaining('update on users') as string,
          actual: { mia: ['Ada', 'Ben', 'Mia'], max: ['Bob', 'Max'] },
          expected: { mia: ['Mia'], max: ['Max'] },
        });
      },
    ));

  it('a lost restriction', () =>
    meanwhile(
      running(),
      'ALTER POLICY within_tenant ON api.invoices USING (true)',
      `ALTER POLICY within_tenant ON api.invoices
         USING (tenant_id = (SELECT projects_private.claim('tenant_id')::uuid))`,
      async () => {
        const entry = { table: 'invoices', command: 'select' } as const;
        await expect(checkMatrixEntry(running().api, projectsMatrix, entry)).rejects.toMatchObject({
          actual: { mia: ['acme1', 'acme2', 'bolt1', 'corax3'] },
        });
      },
    ));

  it('a grant', () =>
    meanwhile(
      running(),
      'GRANT SELECT (email), UPDATE (email), DELETE ON api.users TO projects_member',
      'REVOKE SELECT (email), UPDATE (email), DELETE ON api.users FROM projects_member',
      async () => {
        const differences = await columnDifferences(running().api, declaration, subjects);
        expect(differences.map((difference) => difference.split(':')[0])).toEqual([
          'projects_member select email on users',
          'projects_member update email on users',
          'projects_member delete on users',
          'projects_manager update email on users',
          'projects_manager delete on users',
        ]);
      },
    ));
});

describe('docs/what-errors-reveal.md:', () => {
  it("a foreign key without the tenant confirms another tenant's row, and refers to it", () =>
    meanwhile(
      running(),
      `ALTER TABLE api.tasks DROP CONSTRAINT tasks_tenant_id_assignee_id_fkey,
         ADD CONSTRAINT plain FOREIGN KEY (assignee_id) REFERENCES api.users`,
      `ALTER TABLE api.tasks DROP CONSTRAINT plain, ADD CONSTRAINT tasks_tenant_id_assignee_id_fkey
         FOREIGN KEY (tenant_id, assignee_id) REFERENCES api.users (tenant_id, id)`,
      async () => {
        const task = { project_id: 1, title: 'plain' };
        await checkAccess(running().api, {
          name: 'a plain foreign key',
          steps: [
            { as: ada, request: 'POST /tasks', body: { ...task, assignee_id: 4 }, status: 201 },
            {
              as: ada,
              request: 'POST /tasks',
              body: { ...task, assignee_id: 999 },
              status: 409,
              error: dangling('tasks', 'plain', 'users'),
            },
          ],
          cleanUp: [{ as: mia, request: 'DELETE /tasks?title=eq.plain', status: 204 }],
        });
      },
    ));

  it('an estimated count is made of statistics on all rows, hidden ones included', () =>
    meanwhile(
      running(),
      `INSERT INTO api.announcements (tenant_id, title, body)
         SELECT '${bolt}', 'hidden', 'x' FROM generate_series(1, 2000);
       ANALYZE api.announcements`,
      "DELETE FROM api.announcements WHERE title = 'hidden'",
      async () => {
        const { api } = running();
        const token = await api.tokenFor(mia.role, mia.claims);
        const count = async (prefer: string) => {
          const request = 'GET /announcements?select=id&title=eq.hidden' as const;
          const { range, text } = await send(api.url, { request, headers: { Prefer: `count=${prefer}` } }, token);
          expect(text).toBe('[]');
          return Number(range?.split('/')[1]);
        };
        expect(await count('exact')).toBe(0);
        expect(await count('estimated')).toBe(0);
        expect(await count('planned')).toBeGreaterThan(100);
      },
    ));
});
