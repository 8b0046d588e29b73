import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import declaration from '../../../examples/projects/declaration.ts';
import { sqlFile } from '../../../declaration/index.ts';
import { startEphemeralPostgrest, type EphemeralPostgrest } from '../../../testing/index.ts';
import { checkAccess, type AccessCase, type AccessStep, type ErrorAnswer } from '../../support/access/access-case.ts';
import { dangling, denied, hiddenRowMet, rowRefused } from '../../support/access/errors.ts';
import { since13, since16 } from '../../support/embedded-postgrest.ts';
import { acme, ada, bolt, eu, max, mia } from '../../support/access/projects-subjects.ts';
import { rawRequest } from './raw-request.ts';

let api: EphemeralPostgrest;
let before: unknown;
beforeAll(async () => {
  api = await startEphemeralPostgrest(declaration, { seed: [sqlFile('examples/projects/seed.sql')] });
  before = await contents();
});
afterAll(() => api?.stop());

/** All rows of all tables, past all policies; the time of a change is none of the data. */
function contents(): Promise<unknown> {
  const rows = declaration.tables.map(({ schema, name }) =>
    api.sql(`SELECT '${name}' AS name, to_jsonb(t) - 'updated_at' AS row FROM ${schema}.${name} AS t ORDER BY 2`),
  );
  return Promise.all(rows);
}

const get = (path: string, answer: Partial<AccessStep>): AccessStep => ({
  as: ada,
  request: `GET /${path}`,
  status: 200,
  ...answer,
});
const forbidden = (path: string, table: string): AccessStep => get(path, { status: 403, error: denied(table) });
const failing = (path: string, status: number, code: string, message: string | RegExp, details?: string): AccessStep =>
  get(path, { status, error: { code, message, ...(details && { details }) } });

const noSchema = (schema: string): ErrorAnswer => ({
  code: 'PGRST106',
  message: since13('The schema must be one of the following: api', `Invalid schema: ${schema}`),
});
const merging = { Prefer: 'resolution=merge-duplicates' };
const mine = '00000000-0000-0000-0000-0000000000d1';
const bolts = '00000000-0000-0000-0000-0000000000b1';

const cases: readonly AccessCase[] = [
  {
    name: 'a withheld column can be tested by no operator, alone or in a condition',
    steps: [
      ...['eq.1', 'neq.1', 'gt.1', 'is.null', 'in.(1)', 'isdistinct.1', 'not.eq.1', 'eq(any).{1}'].map((operator) =>
        forbidden(`projects?select=id&budget=${operator}`, 'projects'),
      ),
      ...['eq.x', 'like.*', 'ilike.*', 'match.x', 'imatch.x', 'fts.x', 'like(all).{a}'].map((operator) =>
        forbidden(`users?select=id&email=${operator}`, 'users'),
      ),
      ...['or=(id.eq.1,budget.gt.1)', 'not.and=(budget.gt.1)', 'or=(and(id.eq.1,not.or(budget.gt.1)))'].map(
        (condition) => forbidden(`projects?select=id&${condition}`, 'projects'),
      ),
    ],
  },
  {
    name: 'a withheld column can be neither shown nor sorted by under any name',
    steps: [
      ...['*', 'id,*', 'budget', 'b:budget', 'budget::text', 'budget->x', 'ctid', 'xmin', 'tableoid::regclass'].map(
        (select) => forbidden(`projects?select=${select}`, 'projects'),
      ),
      ...['budget', 'budget.desc.nullslast', 'id,budget'].map((order) =>
        forbidden(`projects?select=id&order=${order}`, 'projects'),
      ),
      failing('projects?select=projects', 400, '42703', 'column projects.projects does not exist'),
      ...['budget.sum()', 'budget.max()', 'id.count()', 'count()'].map((select) =>
        get(`projects?select=${select}`, {
          status: 400,
          error: { code: 'PGRST123', message: 'Use of aggregate functions is not allowed' },
        }),
      ),
    ],
  },
  {
    name: 'a withheld column or table is not reached by embedding',
    steps: [
      ...[
        ...['tasks?select=id,projects(budget)', 'tasks?select=id,projects(*)', 'tasks?select=id,...projects(budget)'],
        ...[
          'tasks?select=id,projects!inner(id)&projects.budget=gt.1',
          'tasks?select=id,projects()&projects.budget=gt.1',
        ],
        ...[
          'tasks?select=id,projects(id)&projects.order=budget',
          'tasks?select=id,projects(id)&projects.or=(budget.gt.1)',
        ],
      ].map((path) => forbidden(path, 'projects')),
      failing(
        'tasks?select=id,projects(id)&order=projects(budget)',
        400,
        '42703',
        'column tasks_projects_1.budget does not exist',
      ),
      ...['invoices(number)', 'invoices!inner()', 'invoices(count)'].map((embedded) =>
        forbidden(`tenants?select=name,${embedded}`, 'invoices'),
      ),
      // What is neither shown nor required is not asked for at all.
      get('tenants?select=name,invoices()&invoices.amount=gt.0', { answer: [{ name: 'Acme' }] }),
      { request: 'GET /plans?select=id,tenants(count)', status: 401, error: denied('tenants') },
    ],
  },
  {
    name: 'other schemas are named in no way',
    steps: [
      ...[
        'pg_catalog',
        'information_schema',
        'pg_toast',
        'internal',
        'projects_private',
        'public',
        '"api"',
        'API',
        '*',
        '',
      ].flatMap((schema): AccessStep[] => [
        get('tasks', { status: 406, headers: { 'Accept-Profile': schema }, error: noSchema(schema) }),
        {
          as: ada,
          request: 'POST /tasks',
          headers: { 'Content-Profile': schema },
          body: {},
          status: 406,
          error: noSchema(schema),
        },
      ]),
      get('tasks', { status: 406, headers: { 'Accept-Profile': 'api,internal' }, error: noSchema('api,internal') }),
      ...['pg_roles', 'pg_catalog.pg_roles', 'information_schema.tables', 'projects_private.migrations', '"tasks"'].map(
        (relation) =>
          get(relation, {
            status: 404,
            error: since13<ErrorAnswer>(
              { code: '42P01', message: `relation "api.${relation}" does not exist` },
              { code: 'PGRST205', message: `Could not find the table 'api.${relation}' in the schema cache` },
            ),
          }),
      ),
    ],
  },
  {
    name: 'SQL in a filter, a name or a cast is text',
    steps: [
      get("tasks?select=id&title=eq.'; DROP TABLE api.tasks; --", { answer: [] }),
      get("tasks?select=id&title=in.(a,'); DROP TABLE api.tasks; --)", { answer: [] }),
      failing('tasks?select=title::regclass', 400, '42602', 'invalid name syntax'),
      get('tasks?select=id&order=id;SELECT 1', { answer: [{ id: 1 }, { id: 2 }] }),
      {
        as: mia,
        request: 'POST /projects?on_conflict=slug) DO UPDATE SET name=1--',
        headers: merging,
        body: { slug: 'website', name: 'x' },
        status: 400,
        error: { code: '42P10', message: /^there is no unique or exclusion constraint matching/ },
      },
    ],
  },
  {
    name: 'functions of Postgres, of the private schema and of the internal one are not there',
    steps: [
      { name: 'pg_sleep', body: { seconds: 1 } },
      { name: 'set_config', body: { setting_name: 'role', new_value: 'postgres', is_local: false } },
      { name: 'pg_read_file', body: { filename: '/etc/passwd' } },
      { name: 'query_to_xml', body: { query: 'SELECT 1', nulls: true, tableforest: true, targetns: '' } },
      { name: 'tenant_id', body: {} },
      { name: 'set_updated_at', body: {} },
      { name: 'pre_request', body: {} },
      { name: 'claim', body: { path: ['role'] } },
    ].map(({ name, body }): AccessStep => ({
      as: ada,
      request: `POST /rpc/${name}`,
      body,
      status: 404,
    })),
  },
  {
    name: 'arguments that a function does not have, in any shape',
    steps: [
      ...[{ project_id: 1, extra: 1 }, [], '1', 1, null].map((body): AccessStep => ({
        as: ada,
        request: 'POST /rpc/team_size',
        body,
        status: 404,
      })),
      ...['1 or true', [1, 3], {}, true].map((project_id): AccessStep => ({
        as: ada,
        request: 'POST /rpc/team_size',
        body: { project_id },
        status: 400,
        error: { code: '22P02', message: /^invalid input syntax for type integer: / },
      })),
      { as: ada, request: 'POST /rpc/team_size', body: { project_id: null }, status: 200, answer: 0 },
      // Of several calls in one the first counts; Bolt's project is none of Ada's in any of them.
      { as: ada, request: 'POST /rpc/team_size', body: [{ project_id: 3 }, { project_id: 1 }], status: 200, answer: 0 },
      get('rpc/team_size?project_id=1&project_id=3', { answer: 0 }),
    ],
  },
  {
    name: 'rows of several tenants at once: none is written',
    steps: [
      {
        as: mia,
        request: 'POST /tasks',
        body: [
          { project_id: 1, title: 'mixed' },
          { project_id: 3, title: 'mixed' },
        ],
        status: 409,
        error: dangling('tasks', 'tasks_tenant_id_project_id_fkey', 'projects'),
      },
      {
        as: ada,
        request: 'POST /tasks',
        body: [
          { project_id: 1, title: 'mixed' },
          { project_id: 3, title: 'mixed' },
        ],
        status: 403,
        error: rowRefused('tasks'),
      },
      {
        as: mia,
        request: 'POST /announcements?columns=tenant_id,title,body',
        body: [acme, bolt].map((tenant_id) => ({ tenant_id, title: 'mixed', body: 'x' })),
        status: 403,
        error: denied('announcements'),
      },
      {
        as: mia,
        request: 'POST /users',
        body: [
          { name: 'mixed', email: 'a' },
          { name: 'mixed', email: 'b', tenant_id: bolt },
        ],
        status: 400,
        error: { code: 'PGRST102', message: 'All object keys must match' },
      },
      {
        as: mia,
        request: 'POST /announcements?on_conflict=id',
        headers: merging,
        body: [mine, bolts].map((id) => ({ id, title: 'mixed', body: 'x' })),
        status: 403,
        error: hiddenRowMet('announcements', 'within_tenant'),
      },
      ...[mia, max].flatMap((as): AccessStep[] => [
        { as, request: 'GET /tasks?title=eq.mixed', status: 200, answer: [] },
        { as, request: 'GET /announcements?title=eq.mixed', status: 200, answer: [] },
      ]),
    ],
  },
  {
    name: "ignore-duplicates passes over another tenant's row, and writes one's own",
    steps: [
      {
        as: mia,
        request: 'POST /announcements?on_conflict=id&select=id,tenant_id',
        headers: { Prefer: 'resolution=ignore-duplicates,return=representation' },
        body: [mine, bolts].map((id) => ({ id, title: 'mixed', body: 'x' })),
        status: 201,
        answer: [{ id: mine, tenant_id: acme }],
      },
    ],
    cleanUp: [{ as: mia, request: `DELETE /announcements?id=eq.${mine}`, status: 204 }],
  },
  {
    name: "on_conflict takes over no other tenant's row",
    steps: [
      {
        as: mia,
        request: 'POST /projects?on_conflict=tenant_id,slug',
        headers: merging,
        body: { tenant_id: bolt, slug: 'website', name: 'x' },
        status: 403,
        error: denied('projects'),
      },
      {
        as: mia,
        request: 'POST /projects?on_conflict=id',
        headers: merging,
        body: { id: 3, slug: 'website', name: 'x' },
        status: 400,
        error: {
          code: '428C9',
          message: 'cannot insert a non-DEFAULT value into column "id"',
          details: 'Column "id" is an identity column defined as GENERATED ALWAYS.',
        },
      },
    ],
  },
  {
    name: 'preferences change no right and are refused or ignored where they are junk',
    steps: [
      ...[
        ...['tx=rollback', 'tx=commit', 'max-affected=0'],
        ...[
          'handling=strict',
          'handling=lenient, anything=goes',
          'role=postgres',
          'params=single-object',
          'x'.repeat(5000),
        ],
        ...[
          'missing=default',
          'resolution=merge-duplicates',
          'return=headers-only',
          'return=representation, return=minimal',
        ],
      ].map((Prefer) => get('tasks?select=id&order=id', { headers: { Prefer }, answer: [{ id: 1 }, { id: 2 }] })),
      ...['Nowhere/Nowhere', "UTC'; SET ROLE postgres; --"].map((zone) =>
        get('tasks?select=id&order=id', {
          headers: { Prefer: `timezone=${zone}` },
          ...since16<Partial<AccessStep>>(
            { answer: [{ id: 1 }, { id: 2 }] },
            { status: 400, error: { code: '22023', message: `invalid value for parameter "TimeZone": "${zone}"` } },
          ),
        }),
      ),
      ...['anything=goes', 'role=postgres', ...since13(['max-affected=0'], [])].map((preference) =>
        get('tasks', {
          headers: { Prefer: `handling=strict, ${preference}` },
          status: 400,
          error: {
            code: 'PGRST122',
            message: 'Invalid preferences given with handling=strict',
            details: `Invalid preferences: ${preference}`,
          },
        }),
      ),
      {
        as: ada,
        request: 'POST /tasks?columns=project_id,title,tenant_id',
        headers: { Prefer: 'missing=default' },
        body: { project_id: 1, title: 'preferred' },
        status: 403,
        error: denied('tasks'),
      },
      {
        as: ada,
        request: 'POST /tasks?columns=project_id,title&select=tenant_id',
        headers: { Prefer: 'tx=rollback, missing=default, return=representation' },
        body: { project_id: 1, title: 'preferred', tenant_id: bolt },
        status: 201,
        answer: [{ tenant_id: acme }],
      },
      // The transaction ended as usual: `db-tx-end` gives nobody the choice.
      {
        as: ada,
        request: 'DELETE /tasks?title=eq.preferred',
        headers: { Prefer: 'count=exact' },
        status: 204,
        range: '*/1',
      },
    ],
    cleanUp: [{ as: mia, request: 'DELETE /tasks?title=eq.preferred', status: 204 }],
  },
  {
    name: 'ranges beyond all rows',
    steps: [
      get('tasks?limit=-1', {
        status: 416,
        error: {
          code: 'PGRST103',
          message: 'Requested range not satisfiable',
          details: 'Limit should be greater than or equal to zero.',
        },
      }),
      get('tasks?offset=99999999999999999999', {
        status: 400,
        error: { code: '22003', message: 'value "99999999999999999999" is out of range for type bigint' },
      }),
      get('tasks', {
        headers: { Range: '5-1' },
        status: 416,
        error: {
          code: 'PGRST103',
          message: 'Requested range not satisfiable',
          details: 'The lower boundary must be lower than or equal to the upper boundary in the Range header.',
        },
      }),
      ...['limit=0', 'offset=1000000'].map((range) => get(`tasks?${range}`, { answer: [] })),
      ...['limit=99999999999999999999', 'limit=abc', 'offset=-1'].map((range) =>
        get(`tasks?select=id&order=id&${range}`, { answer: [{ id: 1 }, { id: 2 }] }),
      ),
      ...['0-99999999999999999999', '-5', 'bytes=0-1', '0-0,1-1'].map((Range) =>
        get('tasks?select=id&order=id', { headers: { Range }, answer: [{ id: 1 }, { id: 2 }] }),
      ),
    ],
  },
  {
    name: 'other media types show no more',
    steps: [
      ...['text/xml', 'application/octet-stream', 'application/vnd.pgrst.plan+json; options=analyze', 'x/y'].map(
        (Accept) =>
          get('tasks', {
            headers: { Accept },
            status: since13(415, 406),
            error: { code: 'PGRST107', message: /^None of these/ },
          }),
      ),
      get('projects', { headers: { Accept: 'text/csv' }, status: 403, error: denied('projects') }),
      get('projects', { headers: { Accept: 'application/geo+json' }, status: [403, 404] }),
    ],
  },
];

describe('requests gain nothing:', () => {
  it.each(cases)('$name', (accessCase) =>
    checkAccess({ url: api.url, tokenFor: (role, claims = {}) => api.tokenFor(role, claims) }, accessCase),
  );
});

describe('bodies that are no JSON:', () => {
  it.each([
    ['CSV with a tenant', 'text/csv', `project_id,title,tenant_id\n1,x,${bolt}`, 403, '42501'],
    [
      'a form with a tenant',
      'application/x-www-form-urlencoded',
      `project_id=1&title=x&tenant_id=${bolt}`,
      403,
      '42501',
    ],
    ['XML', 'text/xml', '<x/>', 400, 'PGRST102'],
    ['text', 'application/json', 'not json', 400, 'PGRST102'],
    ['half a JSON', 'application/json', '[{"project_id":1,"title":"x"}', 400, 'PGRST102'],
    ['a key twice', 'application/json', '{"project_id":1,"title":"x","project_id":3}', 403, '42501'],
    ['a NUL', 'application/json', '{"project_id":1,"title":"a\\u0000b"}', 400, '22P05'],
    ['not UTF-8', 'application/json', Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), 400, 'PGRST102'],
  ])('%s', async (_, type, body, status, code) => {
    const response = await fetch(`${api.url}/tasks`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${await api.tokenFor(ada.role, ada.claims)}`, 'Content-Type': type },
      body,
    });
    expect({ status: response.status, ...((await response.json()) as object) }).toMatchObject({ status, code });
  });
});

describe('methods and paths:', () => {
  const ask = async (start: string, ...headers: string[]) => {
    const token = await api.tokenFor(ada.role, ada.claims);
    return rawRequest(api.url, [`${start} HTTP/1.1`, `Authorization: Bearer ${token}`, ...headers]);
  };

  it.each(['TRACE', 'CONNECT', 'PROPFIND', 'SEARCH', 'get', 'DEBUG', 'X'.repeat(1000)])(
    '%s is no method',
    async (method) => {
      const { status, body } = await ask(`${method} /tasks`);
      expect([400, 405, 500, 501]).toContain(status);
      expect(body).not.toContain('draft the texts');
    },
  );

  it.each([
    ...[
      '/tasks/../users',
      '/../etc/passwd',
      '//tasks',
      '/tasks/1',
      '/tasks/users',
      '/rpc',
      '/rpc/',
      '/rpc/team_size/x',
    ],
    ...['/api/tasks', '/api.tasks', '/%2e%2e/tasks', '/tasks;x', '/config', '/live', '/ready', '/metrics'],
  ])('%s is not there', async (path) => {
    const { status, body } = await ask(`GET ${path}`);
    expect([400, 404, 405]).toContain(status);
    expect(body).not.toMatch(/draft the texts|jwt-secret|db-uri/);
  });

  it('a method in a header is none', async () => {
    const { status } = await ask('POST /tasks?id=eq.1', 'X-HTTP-Method-Override: DELETE', 'X-HTTP-Method: DELETE');
    expect(status).toBe(400);
  });
});

describe('browsers of other origins:', () => {
  const foreign = { Origin: 'https://evil.example' };
  const corsOf = (response: Response) =>
    Object.fromEntries([...response.headers].filter(([name]) => name.startsWith('access-control-')));

  it.each([foreign.Origin, 'null', 'http://localhost', 'file://'])('%s may read no answer', async (Origin) => {
    for (const method of ['GET', 'HEAD', 'POST', 'DELETE']) {
      expect(corsOf(await fetch(`${api.url}/plans?select=id`, { method, headers: { Origin } }))).toEqual({});
    }
  });

  it('a preflight allows no method, no header and no credentials', async () => {
    // PostgREST 12 says "*" in every answer to OPTIONS. Without the other headers no browser goes on after it, and the
    // answers themselves say nothing.
    const headers = {
      ...foreign,
      'Access-Control-Request-Method': 'DELETE',
      'Access-Control-Request-Headers': 'authorization',
    };
    const response = await fetch(`${api.url}/tasks`, { method: 'OPTIONS', headers });
    expect(Object.keys(corsOf(response))).toEqual(['access-control-allow-origin']);
    expect(await response.text()).toBe('');
  });
});

it.each([
  ['anonymous', undefined],
  ['a member', ada],
  ['a manager', mia],
  ['an auditor', eu],
])('the description lists for %s only what the role has a privilege on', async (_, who) => {
  const headers = who && { Authorization: `Bearer ${await api.tokenFor(who.role, who.claims)}` };
  const response = await fetch(`${api.url}/`, headers && { headers });
  const description = (await response.json()) as { paths: object; definitions: object };
  const role = who?.role ?? declaration.anonymous!.name;
  const usable = await api.sql<{ path: string }>(
    `SELECT '/' || relname AS path FROM pg_class WHERE relnamespace = 'api'::regnamespace AND relkind IN ('r', 'v')
       AND has_any_column_privilege('${role}', oid, 'SELECT, INSERT, UPDATE')
     UNION ALL SELECT '/rpc/' || proname FROM pg_proc WHERE pronamespace = 'api'::regnamespace
       AND has_function_privilege('${role}', oid, 'EXECUTE')`,
  );
  expect(Object.keys(description.paths).sort()).toEqual(['/', ...usable.map(({ path }) => path)].sort());
  const tables = usable.filter(({ path }) => !path.startsWith('/rpc/')).map(({ path }) => path.slice(1));
  expect(Object.keys(description.definitions).sort()).toEqual(tables.sort());
  // But it lists all columns of a table, with their defaults (docs/what-errors-reveal.md).
  expect(JSON.stringify(description)).not.toMatch(/projects_private|pre_request|authenticator/);
});

it('after all this the data is as it was', async () => {
  expect(await contents()).toEqual(before);
});
