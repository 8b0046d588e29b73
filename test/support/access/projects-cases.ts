import type { AccessCase, AccessStep, ErrorAnswer } from './access-case.ts';
import { dangling, denied, duplicate, hiddenRowMet, hiddenSchema, rowRefused, stillReferenced } from './errors.ts';
import { acme, ada, ben, bob, bolt, eu, everywhere, max, mia, nowhere } from './projects-subjects.ts';

const representation = { Prefer: 'return=representation' };
const exactly = { Prefer: 'count=exact' };
const merging = { Prefer: 'resolution=merge-duplicates,return=representation' };
const ignoring = { Prefer: 'resolution=ignore-duplicates,return=representation' };

const removed = (table: string, filter: string, as = mia): AccessStep => ({
  as,
  request: `DELETE /${table}?${filter}`,
  status: 204,
});

/** A key that nothing has. */
const fresh = '00000000-0000-0000-0000-0000000000c1';
/** The key of Bolt's announcement. */
const merger = { id: '00000000-0000-0000-0000-0000000000b1', title: 'x', body: 'y' };
const noTask: ErrorAnswer = { code: 'PT404', message: 'there is no such task for you to complete' };

const memberPaths = [
  ...['/', '/plans', '/tenants', '/users', '/projects', '/project_members', '/tasks', '/comments'],
  ...['/time_entries', '/announcements', '/project_progress'],
  ...['/rpc/my_tasks', '/rpc/complete_task', '/rpc/team_size'],
];

const reading: readonly AccessCase[] = [
  {
    name: 'anonymous sees the published plans, and nothing of a tenant',
    steps: [
      {
        request: 'GET /plans?select=id,monthly_price&order=id',
        headers: exactly,
        status: 200,
        answer: [
          { id: 'free', monthly_price: 0 },
          { id: 'team', monthly_price: 49 },
        ],
        range: '0-1/2',
      },
      { request: 'GET /plans', status: 401, error: denied('plans') },
      { request: 'GET /plans?select=id&published=is.false', status: 401, error: denied('plans') },
      { request: 'GET /plans?select=id,tenants(name)', status: 401, error: denied('tenants') },
      { request: 'GET /tasks', headers: exactly, status: 401, error: denied('tasks') },
      { request: 'GET /project_progress', status: 401, error: denied('project_progress', 'view') },
      { request: 'GET /rpc/my_tasks', status: 401, error: denied('my_tasks', 'function') },
      { request: 'POST /rpc/team_size', body: { project_id: 1 }, status: 401, error: denied('team_size', 'function') },
    ],
  },
  {
    name: 'a member reads, filters, orders and counts within their projects',
    steps: [
      {
        as: ada,
        request: 'GET /tasks?select=title,done&order=title',
        headers: exactly,
        status: 200,
        answer: [
          { title: 'choose the colours', done: true },
          { title: 'draft the texts', done: false },
        ],
        range: '0-1/2',
      },
      {
        as: ada,
        request: 'GET /tasks?select=title&order=title&limit=1',
        headers: exactly,
        status: [200, 206],
        answer: [{ title: 'choose the colours' }],
        range: '0-0/2',
      },
      { as: ada, request: 'GET /tasks?project_id=eq.2', headers: exactly, status: 200, answer: [], range: '*/0' },
      { as: ada, request: 'GET /tasks?id=eq.4', headers: exactly, status: 200, answer: [], range: '*/0' },
      { as: ada, request: `GET /tasks?tenant_id=eq.${bolt}`, headers: exactly, status: 200, answer: [], range: '*/0' },
      {
        as: ada,
        request: 'GET /tasks?or=(id.eq.4,tenant_id.not.is.null)&select=id&order=id',
        status: 200,
        answer: [{ id: 1 }, { id: 2 }],
      },
      { as: bob, request: 'HEAD /tasks', headers: exactly, status: 200, range: '0-0/1' },
    ],
  },
  {
    name: 'an estimated count comes with the same rows',
    steps: ['count=planned', 'count=estimated'].map((Prefer) => ({
      as: ada,
      request: 'GET /tasks?select=id&order=id',
      headers: { Prefer },
      status: [200, 206],
      answer: [{ id: 1 }, { id: 2 }],
    })),
  },
  {
    name: 'columns that are not granted can be neither read, nor filtered, nor ordered by',
    steps: [
      { as: ada, request: 'GET /projects', status: 403, error: denied('projects') },
      { as: ada, request: 'GET /projects?select=budget', status: 403, error: denied('projects') },
      { as: ada, request: 'GET /projects?select=id&budget=gt.1', status: 403, error: denied('projects') },
      { as: ada, request: 'GET /projects?select=id&order=budget', status: 403, error: denied('projects') },
      { as: ada, request: 'GET /users?select=email', status: 403, error: denied('users') },
      { as: ada, request: 'GET /tasks?select=id,users(email)', status: 403, error: denied('users') },
      {
        as: ada,
        request: 'GET /tasks?select=id,users!inner(id)&users.email=like.*',
        status: 403,
        error: denied('users'),
      },
      { as: eu, request: 'GET /tenants?select=billing_email', status: 403, error: denied('tenants') },
      { as: eu, request: 'GET /invoices?select=note', status: 403, error: denied('invoices') },
      {
        as: mia,
        request: 'GET /projects?select=slug,budget&order=id',
        status: 200,
        answer: [
          { slug: 'website', budget: 9000 },
          { slug: 'app', budget: 40000 },
        ],
      },
    ],
  },
  {
    name: 'embedded rows keep to their own policies, in both directions and through a membership table',
    steps: [
      {
        as: ada,
        request:
          'GET /tasks?select=title,projects(name),users(name),comments(body,users(name))&id=eq.1&comments.order=id',
        status: 200,
        answer: [
          {
            title: 'draft the texts',
            projects: { name: 'Website' },
            users: { name: 'Ada' },
            comments: [
              { body: 'half of them are there', users: { name: 'Ada' } },
              { body: 'shorter, please', users: { name: 'Ben' } },
            ],
          },
        ],
      },
      // A member sees only their own membership, so the others are not found through it.
      {
        as: ada,
        request: 'GET /projects?select=name,users(name),tasks(title,time_entries(note))&tasks.order=id',
        status: 200,
        answer: [
          {
            name: 'Website',
            users: [{ name: 'Ada' }],
            tasks: [
              { title: 'draft the texts', time_entries: [{ note: 'first half' }] },
              { title: 'choose the colours', time_entries: [] },
            ],
          },
        ],
      },
      {
        as: mia,
        request: 'GET /users?select=name,projects(slug)&order=id&projects.order=id',
        status: 200,
        answer: [
          { name: 'Ada', projects: [{ slug: 'website' }] },
          { name: 'Ben', projects: [{ slug: 'website' }, { slug: 'app' }] },
          { name: 'Mia', projects: [] },
        ],
      },
      // Bolt's plan is not published, and the row that refers to it does not show it.
      {
        as: bob,
        request: 'GET /tenants?select=name,plans(name)',
        status: 200,
        answer: [{ name: 'Bolt', plans: null }],
      },
    ],
  },
  {
    name: 'the view counts what the one who asks may see',
    steps: [
      {
        as: ada,
        request: 'GET /project_progress?select=name,tasks,done',
        headers: exactly,
        status: 200,
        answer: [{ name: 'Website', tasks: 2, done: 1 }],
        range: '0-0/1',
      },
      {
        as: ben,
        request: 'GET /project_progress?select=name,tasks,done&order=name',
        status: 200,
        answer: [
          { name: 'App', tasks: 1, done: 0 },
          { name: 'Website', tasks: 2, done: 1 },
        ],
      },
      { as: eu, request: 'GET /project_progress', status: 403, error: denied('project_progress', 'view') },
    ],
  },
  {
    name: 'an auditor reads across the tenants of their regions, and nothing else of them',
    steps: [
      {
        as: eu,
        request: 'GET /tenants?select=name,invoices(number,amount)&order=name&invoices.order=number',
        headers: exactly,
        status: 200,
        answer: [
          {
            name: 'Acme',
            invoices: [
              { number: '2026-1', amount: 49 },
              { number: '2026-2', amount: 49 },
            ],
          },
          { name: 'Corax', invoices: [{ number: '2026-3', amount: 0 }] },
        ],
        range: '0-1/2',
      },
      { as: everywhere, request: 'HEAD /invoices?select=number', headers: exactly, status: 200, range: '0-3/4' },
      { as: nowhere, request: 'GET /invoices?select=number', headers: exactly, status: 200, answer: [], range: '*/0' },
      { as: eu, request: 'GET /tenants?select=name,projects(name)', status: 403, error: denied('projects') },
      { as: eu, request: 'GET /users?select=name', status: 403, error: denied('users') },
      {
        as: eu,
        request: 'PATCH /invoices?number=eq.2026-2',
        body: { paid: true },
        status: 403,
        error: denied('invoices'),
      },
    ],
  },
  {
    name: 'the description shows each role what it may use',
    steps: [
      { request: 'GET /', status: 200, paths: ['/', '/plans'] },
      { as: ada, request: 'GET /', status: 200, paths: memberPaths },
      { as: mia, request: 'GET /', status: 200, paths: [...memberPaths, '/invoices'] },
      { as: eu, request: 'GET /', status: 200, paths: ['/', '/tenants', '/invoices'] },
    ],
  },
  {
    name: 'schemas that are not exposed are not served',
    steps: [
      ...['internal', 'projects_private', 'pg_catalog', 'information_schema'].map((schema): AccessStep => ({
        as: mia,
        request: 'GET /tasks',
        headers: { 'Accept-Profile': schema },
        status: 406,
        error: hiddenSchema('api'),
      })),
      {
        as: mia,
        request: 'POST /rpc/tenant_id',
        headers: { 'Content-Profile': 'internal' },
        body: {},
        status: 406,
        error: hiddenSchema('api'),
      },
      { as: mia, request: 'GET /rpc/tenant_id', status: 404 },
    ],
  },
];

const writing: readonly AccessCase[] = [
  {
    name: 'a lead adds, changes and deletes tasks of their project, one or many',
    steps: [
      {
        as: ada,
        request: 'POST /tasks?select=tenant_id,project_id,title,done',
        headers: representation,
        body: { project_id: 1, title: 'lead: one' },
        status: 201,
        answer: [{ tenant_id: acme, project_id: 1, title: 'lead: one', done: false }],
      },
      {
        as: ada,
        request: 'POST /tasks',
        headers: { Prefer: 'return=minimal,count=exact' },
        body: [
          { project_id: 1, title: 'lead: two' },
          { project_id: 1, title: 'lead: three' },
        ],
        status: 201,
        answer: '',
        range: '*/2',
      },
      {
        as: ada,
        request: 'PATCH /tasks?title=like.lead:*&select=title,done&order=title',
        headers: { Prefer: 'return=representation,count=exact' },
        body: { done: true },
        status: 200,
        range: '0-2/3',
      },
      {
        as: ben,
        request: 'PATCH /tasks?title=like.lead:*',
        headers: representation,
        body: { done: false },
        status: 200,
        answer: [],
      },
      { as: ben, request: 'DELETE /tasks?title=like.lead:*', headers: representation, status: 200, answer: [] },
      { as: bob, request: 'DELETE /tasks?title=like.lead:*', headers: exactly, status: 204, range: '*/0' },
      { as: ada, request: 'DELETE /tasks?title=like.lead:*', headers: exactly, status: 204, range: '*/3' },
    ],
    cleanUp: [removed('tasks', 'title=like.lead:*')],
  },
  {
    name: 'one bad row among many keeps all of them out',
    steps: [
      {
        as: ada,
        request: 'POST /tasks',
        body: [
          { project_id: 1, title: 'bulk' },
          { project_id: 2, title: 'bulk' },
        ],
        status: 403,
        error: rowRefused('tasks'),
      },
      { as: mia, request: 'GET /tasks?title=eq.bulk', status: 200, answer: [] },
    ],
    cleanUp: [removed('tasks', 'title=eq.bulk')],
  },
  {
    name: "nobody writes another tenant's or user's id",
    steps: [
      ...['tasks', 'projects', 'announcements', 'comments', 'time_entries', 'project_members'].flatMap(
        (table): AccessStep[] => [
          { as: mia, request: `POST /${table}`, body: { tenant_id: bolt }, status: 403, error: denied(table) },
          { as: mia, request: `POST /${table}`, body: { tenant_id: acme }, status: 403, error: denied(table) },
          {
            as: mia,
            request: `PATCH /${table}?tenant_id=eq.${acme}`,
            body: { tenant_id: bolt },
            status: 403,
            error: denied(table),
          },
        ],
      ),
      {
        as: ada,
        request: 'POST /comments',
        body: { project_id: 1, task_id: 1, author_id: 2, body: 'x' },
        status: 403,
        error: denied('comments'),
      },
      {
        as: ada,
        request: 'POST /time_entries',
        body: { project_id: 1, task_id: 1, user_id: 2, day: '2026-02-09', minutes: 1 },
        status: 403,
        error: rowRefused('time_entries'),
      },
      {
        as: ada,
        request: 'PATCH /time_entries?note=eq.first half',
        body: { user_id: 2 },
        status: 403,
        error: rowRefused('time_entries'),
      },
      {
        as: ada,
        request: 'PATCH /time_entries?note=eq.first half',
        body: { project_id: 2 },
        status: 403,
        error: rowRefused('time_entries', 'on_own_projects_update'),
      },
    ],
  },
  {
    name: "other tenants' rows are neither changed nor deleted, nor counted while trying",
    steps: [
      'tasks?id=eq.4',
      'projects?id=eq.3',
      'announcements?title=like.bolt*',
      'project_members?project_id=eq.3',
    ].flatMap((rows): AccessStep[] => {
      const change = {
        tasks: { done: true },
        projects: { name: 'x' },
        announcements: { body: 'x' },
        project_members: { role: 'viewer' },
      };
      const body = change[rows.split('?')[0] as keyof typeof change];
      return [
        { as: mia, request: `PATCH /${rows}`, headers: exactly, body, status: 204, range: '*/0' },
        { as: mia, request: `PATCH /${rows}&select=tenant_id`, headers: representation, body, status: 200, answer: [] },
        { as: mia, request: `DELETE /${rows}`, headers: exactly, status: 204, range: '*/0' },
        { as: max, request: `GET /${rows}&select=tenant_id`, status: 200, answer: [{ tenant_id: bolt }] },
      ];
    }),
  },
  {
    name: 'PUT makes a row under the key that the client chose, and replaces it; nobody else can',
    steps: [
      ...[
        [201, 'first'],
        [200, 'second'],
      ].map(([status, title]): AccessStep => ({
        as: mia,
        request: `PUT /announcements?id=eq.${fresh}&select=tenant_id,title`,
        headers: representation,
        body: { id: fresh, title, body: 'y' },
        status: status as number,
        answer: [{ tenant_id: acme, title }],
      })),
      {
        as: ada,
        request: `PUT /announcements?id=eq.${fresh}`,
        body: { id: fresh, title: 'x', body: 'y' },
        status: 403,
        error: denied('announcements'),
      },
      {
        as: max,
        request: `PUT /announcements?id=eq.${fresh}`,
        body: { id: fresh, title: 'x', body: 'y' },
        status: 403,
        error: hiddenRowMet('announcements', 'within_tenant'),
      },
      {
        as: mia,
        request: `GET /announcements?select=title&id=eq.${fresh}`,
        status: 200,
        answer: [{ title: 'second' }],
      },
    ],
    cleanUp: [removed('announcements', `id=eq.${fresh}`)],
  },
  {
    name: 'an upsert by a key within the tenant meets only rows of the tenant',
    steps: [
      // Bolt has a "website" too.
      {
        as: mia,
        request: 'POST /projects?on_conflict=tenant_id,slug&select=id,name',
        headers: merging,
        body: [{ slug: 'website', name: 'Website' }],
        status: [200, 201],
        answer: [{ id: 1, name: 'Website' }],
      },
      {
        as: ada,
        request: 'POST /time_entries?on_conflict=tenant_id,task_id,user_id,day&select=minutes,note',
        headers: merging,
        body: { project_id: 1, task_id: 1, user_id: 1, day: '2026-02-02', minutes: 90 },
        status: [200, 201],
        answer: [{ minutes: 90, note: 'first half' }],
      },
      {
        as: ada,
        request: 'POST /time_entries?on_conflict=tenant_id,task_id,user_id,day',
        headers: merging,
        body: { project_id: 2, task_id: 3, user_id: 2, day: '2026-02-02', minutes: 1 },
        status: 403,
        error: rowRefused('time_entries'),
      },
      {
        as: max,
        request: 'GET /projects?select=slug,name',
        status: 200,
        answer: [{ slug: 'website', name: 'Bolt online' }],
      },
    ],
  },
  {
    name: 'functions answer and change what their caller may',
    steps: [
      {
        as: ada,
        request: 'GET /rpc/my_tasks?select=id,title,projects(name)&order=id',
        status: 200,
        answer: [{ id: 1, title: 'draft the texts', projects: { name: 'Website' } }],
      },
      {
        as: ada,
        request: 'POST /rpc/my_tasks?select=id,done&order=id',
        headers: exactly,
        body: { open_only: false },
        status: 200,
        answer: [
          { id: 1, done: false },
          { id: 2, done: true },
        ],
        range: '0-1/2',
      },
      { as: mia, request: 'GET /rpc/my_tasks', status: 200, answer: [] },
      {
        as: ada,
        request: 'POST /rpc/complete_task?select=id,done',
        body: { id: 1 },
        status: 200,
        answer: { id: 1, done: true },
      },
      ...[ben, bob, max].map((as): AccessStep => ({
        as,
        request: 'POST /rpc/complete_task',
        body: { id: 1 },
        status: 404,
        error: noTask,
      })),
      { as: ada, request: 'POST /rpc/complete_task', body: { id: 999 }, status: 404, error: noTask },
      {
        as: ada,
        request: 'GET /rpc/complete_task?id=1',
        status: 405,
        error: { code: '25006', message: 'cannot execute UPDATE in a read-only transaction' },
      },
      {
        as: eu,
        request: 'POST /rpc/complete_task',
        body: { id: 1 },
        status: 403,
        error: denied('complete_task', 'function'),
      },
    ],
    cleanUp: [{ as: ada, request: 'PATCH /tasks?id=eq.1', body: { done: false }, status: 204 }],
  },
  {
    name: "a function with its owner's rights answers for the caller's tenant only",
    steps: [
      { as: ada, request: 'GET /rpc/team_size?project_id=1', status: 200, answer: 2 },
      { as: ada, request: 'GET /rpc/team_size?project_id=2', status: 200, answer: 1 },
      { as: ada, request: 'GET /rpc/team_size?project_id=3', status: 200, answer: 0 },
      { as: bob, request: 'POST /rpc/team_size', body: { project_id: 3 }, status: 200, answer: 1 },
      { as: bob, request: 'POST /rpc/team_size', body: { project_id: 1 }, status: 200, answer: 0 },
      { as: eu, request: 'GET /rpc/team_size?project_id=1', status: 403, error: denied('team_size', 'function') },
    ],
  },
  {
    name: 'unexpected arguments find no function',
    steps: [
      { as: ada, request: 'GET /rpc/team_size?project_id=1&tenant_id=2', status: 404 },
      { as: ada, request: 'POST /rpc/team_size', body: { project_id: 1, tenant_id: bolt }, status: 404 },
      { as: ada, request: 'POST /rpc/team_size', body: {}, status: 404 },
      { as: ada, request: 'GET /rpc/team_size?project_id=one', status: 400 },
    ],
  },
];

/** What constraints say of rows that the one who asks cannot see; docs/what-errors-reveal.md is about these. */
const revealing: readonly AccessCase[] = [
  {
    name: "a foreign key with the tenant in it says the same of another tenant's row as of none",
    steps: [3, 999].flatMap((project_id): AccessStep[] => [
      {
        as: mia,
        request: 'POST /tasks',
        body: { project_id, title: 'x' },
        status: 409,
        error: dangling('tasks', 'tasks_tenant_id_project_id_fkey', 'projects'),
      },
      {
        as: mia,
        request: 'POST /project_members',
        body: { project_id, user_id: 1, role: 'lead' },
        status: 409,
        error: dangling('project_members', 'project_members_tenant_id_project_id_fkey', 'projects'),
      },
      // The policies come first: a member learns nothing of any project that is not theirs.
      { as: ada, request: 'POST /tasks', body: { project_id, title: 'x' }, status: 403, error: rowRefused('tasks') },
    ]),
  },
  {
    name: "no assignee, and no task of one's own project, from another tenant",
    steps: [4, 999].flatMap((id): AccessStep[] => [
      {
        as: ada,
        request: 'POST /tasks',
        body: { project_id: 1, title: 'x', assignee_id: id },
        status: 409,
        error: dangling('tasks', 'tasks_tenant_id_assignee_id_fkey', 'users'),
      },
      {
        as: ada,
        request: 'POST /comments',
        body: { project_id: 1, task_id: id, body: 'x' },
        status: 409,
        error: dangling('comments', 'comments_tenant_id_project_id_task_id_fkey', 'tasks'),
      },
    ]),
  },
  {
    name: 'a key that is unique within the tenant is free whatever other tenants have',
    steps: [
      {
        as: mia,
        request: 'POST /users',
        body: { email: 'ben@acme.example', name: 'x' },
        status: 409,
        error: duplicate('users_tenant_id_email_key'),
      },
      {
        as: mia,
        request: 'PATCH /projects?id=eq.1',
        body: { slug: 'app' },
        status: 409,
        error: duplicate('projects_tenant_id_slug_key'),
      },
      {
        as: max,
        request: 'POST /projects?select=slug',
        headers: representation,
        body: { slug: 'app', name: 'x' },
        status: 201,
        answer: [{ slug: 'app' }],
      },
    ],
    cleanUp: [removed('projects', 'slug=eq.app', max)],
  },
  {
    name: 'a key that is unique across tenants tells which values are taken, but not by whom',
    steps: [
      {
        as: mia,
        request: `PATCH /tenants?id=eq.${acme}`,
        body: { slug: 'bolt' },
        status: 409,
        error: duplicate('tenants_slug_key'),
      },
      { as: mia, request: `PATCH /tenants?id=eq.${acme}`, body: { slug: 'free' }, status: 204 },
    ],
    cleanUp: [{ as: mia, request: `PATCH /tenants?id=eq.${acme}`, body: { slug: 'acme' }, status: 204 }],
  },
  {
    name: "a client's choice of a key tells whether it is taken, in three ways, and takes nothing over",
    steps: [
      { as: mia, request: 'POST /announcements', body: merger, status: 409, error: duplicate('announcements_pkey') },
      ...['POST /announcements', `PUT /announcements?id=eq.${merger.id}`].map((request): AccessStep => ({
        as: mia,
        request: request as AccessStep['request'],
        headers: merging,
        body: merger,
        status: 403,
        error: hiddenRowMet('announcements', 'within_tenant'),
      })),
      { as: mia, request: 'POST /announcements', headers: ignoring, body: merger, status: [200, 201], answer: [] },
      {
        as: max,
        request: 'GET /announcements?select=title,body',
        status: 200,
        answer: [{ title: 'bolt buys acme', body: 'strictly confidential' }],
      },
    ],
  },
  {
    name: 'a row that is referred to cannot be deleted, also where the reference is hidden',
    steps: [
      {
        as: ada,
        request: 'DELETE /tasks?id=eq.1',
        status: 409,
        error: stillReferenced('tasks', 'time_entries_tenant_id_project_id_task_id_fkey', 'time_entries'),
      },
      {
        as: mia,
        request: 'DELETE /projects?id=eq.1',
        status: 409,
        error: stillReferenced('projects', 'tasks_tenant_id_project_id_fkey', 'tasks'),
      },
    ],
  },
  {
    name: 'a broken constraint does not show the row',
    steps: [
      {
        as: mia,
        request: 'PATCH /project_members?user_id=eq.1',
        body: { role: 'boss' },
        status: 400,
        error: {
          code: '23514',
          message: 'new row for relation "project_members" violates check constraint "project_members_role_check"',
        },
      },
      {
        as: mia,
        request: 'POST /users',
        body: { name: 'x' },
        status: 400,
        error: {
          code: '23502',
          message: 'null value in column "email" of relation "users" violates not-null constraint',
        },
      },
    ],
  },
];

export const projectsCases: readonly AccessCase[] = [...reading, ...writing, ...revealing];
