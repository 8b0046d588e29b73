// In a project of your own: import { ... } from 'cdktf-secured-postgrest/declaration';
import {
  allRows,
  claimList,
  declare,
  membership,
  migrationsFrom,
  ownRows,
  publicRows,
  tenant,
  validBetween,
} from '../../declaration/index.ts';

const member = 'projects_member';
const manager = 'projects_manager';
const auditor = 'projects_auditor';

/**
 * Nobody leaves their tenant, whatever else is allowed: a restrictive policy must pass besides the permissive ones.
 * It binds managers too, because they inherit from members, but not auditors, who read across tenants.
 */
const withinTenant = (column = 'tenant_id') =>
  tenant({ name: 'within_tenant', to: member, column, claim: 'tenant_id', type: 'uuid', restrictive: true });

const ownUser = { column: 'user_id', claim: 'user_id', type: 'int' } as const;

/** Rows of a project whose members, by this table, include the user that the token names. */
const inProject = {
  to: member,
  column: 'project_id',
  type: 'int',
  claim: 'user_id',
  memberType: 'int',
  through: { table: 'project_members', key: 'project_id', member: 'user_id' },
} as const;
const asWriter = { ...inProject, through: { ...inProject.through, where: { role: ['lead', 'editor'] } } } as const;
const asLead = { ...inProject, through: { ...inProject.through, where: { role: 'lead' } } } as const;

const inRegions = { to: auditor, for: 'select', column: 'region', claim: 'regions', type: 'text' } as const;

/** Projects of many tenants: members work in projects, managers run a tenant, auditors read across their regions. */
export default declare({
  name: 'projects',
  schemas: ['api'],
  // What column defaults and triggers call: managed like the rest, but no request can name it.
  internalSchemas: ['internal'],
  migrations: migrationsFrom(new URL('migrations', import.meta.url)),
  roles: {
    anonymous: { name: 'projects_anon', statementTimeoutMs: 1000 },
    users: [
      { name: member, statementTimeoutMs: 3000 },
      { name: manager, inherits: [member] },
      // Reports may take longer, and sort more in memory.
      { name: auditor, statementTimeoutMs: 20_000, settings: { work_mem: '16MB' } },
    ],
  },
  // Claims read by the policies: `tenant_id` and `user_id` (members, managers), `regions` (auditors, a list).
  tokens: { issuer: 'https://id.projects.example', audience: 'projects-api' },

  tables: [
    {
      name: 'plans',
      grants: [{ to: ['projects_anon', member], select: ['id', 'name', 'monthly_price'] }],
      policies: [publicRows({ to: ['projects_anon', member], where: { published: true } })],
    },
    {
      name: 'tenants',
      grants: [
        { to: member, select: ['id', 'slug', 'name', 'region', 'plan_id'] },
        // A manager reads what a member does, and this.
        { to: manager, select: ['billing_email'], update: ['slug', 'name', 'billing_email'] },
        { to: auditor, select: ['id', 'name', 'region'] },
      ],
      policies: [
        withinTenant('id'),
        allRows({ to: member, for: 'select' }),
        allRows({ to: manager, for: 'update' }),
        claimList(inRegions),
      ],
    },
    {
      name: 'users',
      grants: [
        { to: member, select: ['id', 'tenant_id', 'name'], update: ['name'] },
        { to: manager, select: ['email'], insert: ['email', 'name'] },
      ],
      policies: [
        withinTenant(),
        allRows({ to: member, for: 'select' }),
        ownRows({ ...ownUser, to: member, for: 'update', column: 'id' }),
        allRows({ to: manager, for: 'insert' }),
      ],
    },
    {
      name: 'projects',
      grants: [
        { to: member, select: ['id', 'tenant_id', 'slug', 'name', 'archived'] },
        {
          to: manager,
          select: ['budget'],
          insert: ['slug', 'name', 'budget'],
          update: ['slug', 'name', 'budget', 'archived'],
          delete: true,
        },
      ],
      policies: [
        withinTenant(),
        membership({ ...inProject, for: 'select', column: 'id' }),
        // All that is left of "all rows" is the tenant's.
        allRows({ to: manager }),
      ],
    },
    {
      name: 'project_members',
      grants: [
        { to: member, select: true },
        { to: manager, insert: ['project_id', 'user_id', 'role'], update: ['role'], delete: true },
      ],
      policies: [
        withinTenant(),
        // Whom they work with, members don't learn here; the function team_size tells them how many they are.
        ownRows({ ...ownUser, to: member, for: 'select' }),
        allRows({ to: manager }),
      ],
    },
    {
      name: 'tasks',
      grants: [
        {
          to: member,
          select: true,
          insert: ['project_id', 'title', 'done', 'assignee_id', 'due_on'],
          update: ['title', 'done', 'assignee_id', 'due_on'],
          delete: true,
        },
      ],
      policies: [
        withinTenant(),
        membership({ ...inProject, for: 'select' }),
        membership({ ...asWriter, for: ['insert', 'update'] }),
        membership({ ...asLead, for: 'delete' }),
        allRows({ to: manager }),
      ],
    },
    {
      name: 'comments',
      grants: [
        // Nobody may write author_id: its default is the user that the token names.
        { to: member, select: true, insert: ['project_id', 'task_id', 'body'], update: ['body'], delete: true },
      ],
      policies: [
        withinTenant(),
        membership({ ...inProject, for: ['select', 'insert'] }),
        ownRows({ ...ownUser, to: member, for: ['update', 'delete'], column: 'author_id' }),
        allRows({ to: manager, for: ['select', 'insert', 'delete'] }),
      ],
    },
    {
      name: 'time_entries',
      grants: [
        {
          to: member,
          select: true,
          insert: ['project_id', 'task_id', 'user_id', 'day', 'minutes', 'note'],
          // An upsert updates every column that it names, its key included.
          update: ['project_id', 'task_id', 'user_id', 'day', 'minutes', 'note'],
          delete: true,
        },
      ],
      policies: [
        withinTenant(),
        ownRows({ ...ownUser, to: member }),
        // One's own time, and only on one's own projects: the second condition has to be restrictive.
        membership({ ...inProject, name: 'on_own_projects', for: ['insert', 'update'], restrictive: true }),
        allRows({ to: manager, for: 'select' }),
      ],
    },
    {
      name: 'invoices',
      grants: [
        { to: manager, select: true },
        { to: auditor, select: ['id', 'tenant_id', 'region', 'number', 'amount', 'paid'] },
      ],
      policies: [withinTenant(), allRows({ to: manager, for: 'select' }), claimList(inRegions)],
    },
    {
      name: 'announcements',
      grants: [
        { to: member, select: true },
        {
          to: manager,
          insert: ['id', 'title', 'body', 'starts_at', 'ends_at'],
          update: ['id', 'title', 'body', 'starts_at', 'ends_at'],
          delete: true,
        },
      ],
      policies: [
        withinTenant(),
        validBetween({ to: member, for: 'select', from: 'starts_at', until: 'ends_at' }),
        allRows({ to: manager }),
      ],
    },
  ],

  views: [{ name: 'project_progress', grants: [{ to: member, select: true }] }],

  functions: [
    { name: 'my_tasks', execute: member },
    { name: 'complete_task', execute: member },
    { name: 'team_size', execute: member, securityDefiner: true },
    { name: 'internal.tenant_id', execute: member },
    { name: 'internal.user_id', execute: member },
  ],
});
