import { expect, it } from 'vitest';
import type { Property } from '../../../../access/prove/property.ts';
import { replay } from '../../../../access/prove/replay/replay.ts';
import type { Counterexample } from '../../../../access/prove/verdict.ts';
import projects from '../../../../examples/projects/declaration.ts';
import { useMutatedExample } from '../../../support/prove/mutated-example.ts';

const mutated = useMutatedExample(projects);

const A = '00000000-0000-0000-0000-00000000000a';
const B = '00000000-0000-0000-0000-00000000000b';
const claims = { tenant_id: A, user_id: 7 };

const inTenant = (name: string, more: Partial<Property> = {}): Property => ({
  name: 'tenant-isolation',
  words: `no row of another tenant in ${name} is read or written`,
  roles: ['projects_member', 'projects_manager'],
  relation: { schema: 'api', name },
  commands: ['select', 'insert', 'update', 'delete'],
  only: `tenant_id = claim('tenant_id')::uuid`,
  ...more,
});
const row = (name: string, values: Record<string, string | null>) => ({ schema: 'api', name, values });
const table = (name: string, request: Omit<Counterexample['request'], 'way' | 'schema' | 'name'>) => ({
  way: 'table' as const,
  schema: 'api',
  name,
  ...request,
});
const membership = row('project_members', { tenant_id: A, project_id: '5', user_id: '7', role: 'lead' });
const task = row('tasks', { id: '9', tenant_id: B, project_id: '5', assignee_id: '7' });
const member = { role: 'projects_member', claims };
const manager = { role: 'projects_manager', claims };

interface Case {
  readonly mutation: string;
  readonly property: Property;
  readonly counterexample: Counterexample;
}

const readTask: Counterexample = {
  ...member,
  rows: [membership, task],
  request: table('tasks', { command: 'select', row: task.values }),
};
const insertTask: Counterexample = {
  ...member,
  rows: [membership],
  request: table('tasks', { command: 'insert', written: { tenant_id: B, project_id: '5', title: 'theirs' } }),
};
const ownTask = row('tasks', { id: '9', tenant_id: A, project_id: '5' });
const moveTask: Counterexample = {
  ...member,
  rows: [membership, ownTask],
  request: table('tasks', { command: 'update', row: ownTask.values, written: { tenant_id: B } }),
};
const comment = row('comments', { id: '3', tenant_id: A, author_id: '8' });
const deleteComment: Counterexample = {
  ...member,
  rows: [comment],
  request: table('comments', { command: 'delete', row: comment.values }),
};
const authored = inTenant('comments', { name: 'own-rows', only: `author_id = claim('user_id')::int` });
const project = row('projects', { id: '5', tenant_id: B, slug: 'theirs' });
const readProgress: Counterexample = {
  ...member,
  rows: [membership, project],
  request: { way: 'view', schema: 'api', name: 'project_progress', command: 'select', row: project.values },
};
const myTasks: Counterexample = {
  ...member,
  rows: [task],
  request: { way: 'function', schema: 'api', name: 'my_tasks', command: 'select', row: task.values, arguments: {} },
};
const completeTask: Counterexample = {
  ...member,
  rows: [task],
  request: {
    way: 'function',
    schema: 'api',
    name: 'complete_task',
    command: 'update',
    row: task.values,
    written: { done: 'true' },
    arguments: { id: '9' },
  },
};
const invoice = row('invoices', { tenant_id: B, region: 'eu' });
const readInvoice = (regions: unknown): Counterexample => ({
  role: 'projects_auditor',
  claims: { regions },
  rows: [invoice],
  request: table('invoices', { command: 'select', row: invoice.values }),
});
const inRegions = inTenant('invoices', {
  only: `region = ANY (ARRAY(SELECT pg_catalog.json_array_elements_text(claim('regions')::pg_catalog.json)))`,
});
const plan = row('plans', { id: 'draft', published: 'false' });
const readPlan: Counterexample = {
  role: 'projects_anon',
  claims: {},
  rows: [plan],
  request: table('plans', { command: 'select', row: plan.values }),
};
const published = inTenant('plans', { name: 'anonymous-reads-only', only: `published = 'true'` });
const raise: Counterexample = {
  ...member,
  rows: [row('project_members', { ...membership.values, role: 'viewer' })],
  request: table('project_members', {
    command: 'update',
    row: { ...membership.values, role: 'viewer' },
    written: { role: 'lead' },
  }),
};
const notOwnRole = inTenant('project_members', {
  name: 'role-raise',
  columns: ['role'],
  only: `user_id IS DISTINCT FROM claim('user_id')::int`,
});
const selfUpdate = `GRANT UPDATE (role) ON api.project_members TO projects_member;
  CREATE POLICY own ON api.project_members FOR UPDATE TO projects_member
    USING (user_id = (projects_private.claim('user_id'))::int)`;
const join: Counterexample = {
  ...member,
  rows: [],
  request: table('project_members', { command: 'insert', written: { project_id: '5', user_id: '7' } }),
};
const announcement = row('announcements', { tenant_id: A, starts_at: '2999-01-01' });
const readAnnouncement: Counterexample = {
  ...member,
  rows: [announcement],
  request: table('announcements', { command: 'select', row: announcement.values }),
};
const readInvoiceAs = (tenant: unknown): Counterexample => ({
  role: 'projects_manager',
  claims: { ...claims, tenant_id: tenant },
  rows: [invoice],
  request: table('invoices', { command: 'select', row: invoice.values }),
});
const deleteTask: Counterexample = {
  ...manager,
  rows: [task],
  request: table('tasks', { command: 'delete', row: task.values }),
};

it.each<[string, Case]>([
  [
    'a row of another tenant that a membership opens',
    { mutation: 'DROP POLICY within_tenant ON api.tasks', property: inTenant('tasks'), counterexample: readTask },
  ],
  [
    'an insert into another tenant, whose parent rows have to exist',
    {
      mutation: 'DROP POLICY within_tenant ON api.tasks; GRANT INSERT (tenant_id) ON api.tasks TO projects_member',
      property: inTenant('tasks'),
      counterexample: insertTask,
    },
  ],
  [
    'an update that moves a row to another tenant',
    {
      mutation: `ALTER POLICY within_tenant ON api.tasks WITH CHECK (true);
        GRANT UPDATE (tenant_id) ON api.tasks TO projects_member`,
      property: inTenant('tasks'),
      counterexample: moveTask,
    },
  ],
  [
    "a deletion of another author's row",
    {
      mutation: 'ALTER POLICY own_rows_delete_projects_member ON api.comments USING (true)',
      property: authored,
      counterexample: deleteComment,
    },
  ],
  [
    'a row that a role without SELECT deletes',
    {
      mutation: `ALTER POLICY own_rows_delete_projects_member ON api.comments USING (true);
        REVOKE SELECT ON api.comments FROM projects_member`,
      property: authored,
      counterexample: deleteComment,
    },
  ],
  [
    'a row by way of a view with the rights of a superuser',
    {
      mutation: `ALTER VIEW api.project_progress SET (security_invoker = false);
        ALTER VIEW api.project_progress OWNER TO CURRENT_USER`,
      property: inTenant('projects'),
      counterexample: readProgress,
    },
  ],
  [
    'a row that a function with the rights of a superuser answers',
    {
      mutation: `ALTER FUNCTION api.my_tasks SECURITY DEFINER; ALTER FUNCTION api.my_tasks OWNER TO CURRENT_USER`,
      property: inTenant('tasks'),
      counterexample: myTasks,
    },
  ],
  [
    'a row that a function with the rights of a superuser changes',
    {
      mutation: `ALTER FUNCTION api.complete_task SECURITY DEFINER;
        ALTER FUNCTION api.complete_task OWNER TO CURRENT_USER`,
      property: inTenant('tasks'),
      counterexample: completeTask,
    },
  ],
  [
    'a row outside of a list of claims',
    {
      mutation: 'ALTER POLICY claim_list_select_projects_auditor ON api.invoices USING (true)',
      property: inRegions,
      counterexample: readInvoice(['us']),
    },
  ],
  [
    'a row that is not public, read without a token',
    {
      mutation: 'ALTER POLICY public_rows_select_projects_anon_projects_member ON api.plans USING (true)',
      property: published,
      counterexample: readPlan,
    },
  ],
  ['a member that gives itself another role', { mutation: selfUpdate, property: notOwnRole, counterexample: raise }],
  [
    'a member that makes itself a member, with a column that a CHECK limits left to the replay',
    {
      mutation: `GRANT INSERT (project_id, user_id, role) ON api.project_members TO projects_member;
        CREATE POLICY own ON api.project_members FOR INSERT TO projects_member WITH CHECK (true)`,
      property: inTenant('project_members', { only: `user_id IS DISTINCT FROM claim('user_id')::int` }),
      counterexample: join,
    },
  ],
  [
    'a row before it is valid',
    {
      mutation: 'ALTER POLICY valid_between_select_projects_member ON api.announcements USING (true)',
      property: inTenant('announcements', { only: 'starts_at IS NULL OR starts_at <= pg_catalog.now()' }),
      counterexample: readAnnouncement,
    },
  ],
  [
    'a row of a table without row security',
    {
      mutation: 'ALTER TABLE api.invoices DISABLE ROW LEVEL SECURITY',
      property: inTenant('invoices'),
      counterexample: readInvoiceAs(A),
    },
  ],
  [
    'a row where the claim is no uuid, so that the limit is true of nothing',
    {
      mutation: 'ALTER TABLE api.invoices DISABLE ROW LEVEL SECURITY',
      property: inTenant('invoices'),
      counterexample: readInvoiceAs('everything'),
    },
  ],
  [
    'a row of another tenant that is deleted',
    {
      mutation: 'ALTER POLICY within_tenant ON api.tasks USING (true)',
      property: inTenant('tasks'),
      counterexample: deleteTask,
    },
  ],
])('confirms %s', async (_, { mutation, property, counterexample }) => {
  const replayed = await mutated(mutation, (target) => replay(target, property, counterexample));
  expect(replayed).toMatchObject({ status: 'confirmed' });
});

it.each<[string, Case & { readonly why: RegExp }]>([
  [
    'a row of another tenant in the declared database',
    { mutation: '', property: inTenant('tasks'), counterexample: readTask, why: /^the row is not answered$/ },
  ],
  [
    'an insert that a policy rejects',
    {
      mutation: 'GRANT INSERT (tenant_id) ON api.tasks TO projects_member',
      property: inTenant('tasks'),
      counterexample: insertTask,
      why: /violates row-level security policy .* \(42501\)$/,
    },
  ],
  [
    'an insert of a column without a grant, which takes its default',
    {
      mutation: 'DROP POLICY within_tenant ON api.tasks',
      property: inTenant('tasks'),
      counterexample: insertTask,
      why: /^no row outside of the limit is reached$/,
    },
  ],
  [
    'an update of a column without a grant',
    {
      mutation: '',
      property: inTenant('tasks'),
      counterexample: moveTask,
      why: /^projects_member may update none of tenant_id$/,
    },
  ],
  [
    "a deletion that another author's policy hides",
    {
      mutation: '',
      property: authored,
      counterexample: deleteComment,
      why: /^no row outside of the limit is reached$/,
    },
  ],
  [
    'a view with the rights of who asks',
    {
      mutation: '',
      property: inTenant('projects'),
      counterexample: readProgress,
      why: /answers the same without the row$/,
    },
  ],
  [
    'a function with the rights of who asks',
    { mutation: '', property: inTenant('tasks'), counterexample: completeTask, why: /no such task for you.*PT404/ },
  ],
  [
    'a row within the limit',
    { mutation: '', property: inRegions, counterexample: readInvoice(['eu']), why: /^the row is within the limit/ },
  ],
  [
    'a token that the pre-request check rejects',
    {
      mutation: 'ALTER TABLE api.invoices DISABLE ROW LEVEL SECURITY',
      property: inTenant('invoices'),
      counterexample: { ...readInvoiceAs(A), claims: { ...claims, exp: 1 } },
      why: /the token is not valid here \(PT401\)$/,
    },
  ],
  [
    'a request that writes no column of the property',
    {
      mutation: selfUpdate,
      property: { ...notOwnRole, columns: ['project_id'] },
      counterexample: raise,
      why: /^the request writes none of project_id$/,
    },
  ],
  [
    'a row that no table can have',
    {
      mutation: '',
      property: inTenant('tasks'),
      counterexample: { ...readTask, rows: [membership, row('tasks', { ...task.values, title: '' })] },
      why: /^a row of api\.tasks cannot be stored: .*tasks_title_check/,
    },
  ],
  [
    'a column that does not exist',
    {
      mutation: '',
      property: inTenant('tasks'),
      counterexample: { ...readTask, rows: [row('tasks', { colour: 'red' })] },
      why: /^api\.tasks has no column "colour"$/,
    },
  ],
])('does not confirm %s', async (_, { mutation, property, counterexample, why }) => {
  const replayed = await mutated(mutation, (target) => replay(target, property, counterexample));
  expect(replayed).toMatchObject({ status: 'not confirmed', why: expect.stringMatching(why) as string });
});

it('leaves nothing behind', async () => {
  await mutated('DROP POLICY within_tenant ON api.tasks', async (target) => {
    await replay(target, inTenant('tasks'), readTask);
    const { rows } = await target.client.query('SELECT FROM api.tasks');
    expect(rows).toEqual([]);
  });
});

it('replays on a database without a declaration, with the pre-request function of its settings', async () => {
  const mutation = `DROP POLICY within_tenant ON api.tasks;
    ALTER ROLE projects_authenticator SET pgrst.db_pre_request = 'projects_private.pre_request'`;
  const token = { iss: 'https://id.projects.example', aud: 'projects-api' };
  const [accepted, rejected] = await mutated(mutation, async ({ client, audited }) => [
    await replay({ client, audited }, inTenant('tasks'), { ...readTask, claims: { ...claims, ...token } }),
    await replay({ client, audited }, inTenant('tasks'), readTask),
  ]);
  expect(accepted).toMatchObject({ status: 'confirmed' });
  expect(rejected).toMatchObject({ status: 'not confirmed', why: expect.stringMatching(/PT401/) as string });
});
