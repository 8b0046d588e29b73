import { allRows, declare, membership, ownRows, tenant, type Declaration, type GrantInput } from '../../index.ts';

export const ROWS = 100_000;
export const USER = 7;
export const TENANT = '00000000-0000-4000-8000-000000000001';
/** A row that the user reaches under each of the policies. */
export const ROW_ID = 7;

const role = 'bench_user';
const anonymous = 'bench_anonymous';
const claim = { claim: 'user_id', type: 'int' } as const;

/** Three tables with the same rows, so that a difference is the difference of their policies. */
const TABLES = ['open', 'owned', 'shared'] as const;

const grants: GrantInput[] = [{ to: role, select: true, insert: ['project_id', 'title'] }];

/** Policies as in `examples/todos` (own rows) and `examples/projects` (members of a project, within their tenant). */
export const scalingDeclaration: Declaration = declare({
  name: 'bench',
  schemas: ['api'],
  roles: { anonymous, users: [role] },
  migrations: [
    {
      file: '001_tables.sql',
      sql: `
CREATE TABLE api.members (project_id int, user_id int, PRIMARY KEY (user_id, project_id));
${TABLES.map(createTable).join('\n')}
CREATE FUNCTION api.title_of(id int) RETURNS text LANGUAGE sql STABLE
RETURN (SELECT title FROM api.owned AS t WHERE t.id = title_of.id);
CREATE FUNCTION api.wait(milliseconds int) RETURNS void LANGUAGE sql VOLATILE
RETURN (SELECT pg_sleep(milliseconds / 1000.0));`,
    },
  ],
  tables: [
    {
      name: 'members',
      grants: [{ to: role, select: true }],
      policies: [ownRows({ ...claim, to: role, for: 'select', column: 'user_id' })],
    },
    {
      name: 'open',
      grants: [...grants, { to: anonymous, select: true }],
      policies: [allRows({ to: role }), allRows({ to: anonymous, for: 'select' })],
    },
    { name: 'owned', grants, policies: [ownRows({ ...claim, to: role, column: 'user_id' })] },
    {
      name: 'shared',
      grants,
      policies: [
        tenant({ to: role, column: 'tenant_id', claim: 'tenant_id', type: 'uuid', restrictive: true }),
        membership({
          ...claim,
          to: role,
          column: 'project_id',
          memberType: 'int',
          through: { table: 'members', key: 'project_id', member: 'user_id' },
        }),
      ],
    },
  ],
  functions: [
    { name: 'title_of', execute: role },
    { name: 'wait', execute: role },
  ],
});

function createTable(name: string): string {
  return `CREATE TABLE api.${name} (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  user_id int NOT NULL DEFAULT (nullif(current_setting('request.jwt.claims', true), '')::json ->> 'user_id')::int,
  tenant_id uuid NOT NULL DEFAULT '${TENANT}', project_id int NOT NULL, title text NOT NULL);
CREATE INDEX ON api.${name} (user_id);
CREATE INDEX ON api.${name} (tenant_id);
CREATE INDEX ON api.${name} (project_id);`;
}

/** Each of 50 users owns 2,000 rows, which are in 20 projects of 100 rows; the user is a member of these. */
export const fillTables: readonly string[] = [
  ...TABLES.map(
    (table) => `INSERT INTO api.${table} (user_id, project_id, title)
SELECT n % 50, n % 1000, 'title ' || n FROM generate_series(1, ${ROWS}) AS n`,
  ),
  'INSERT INTO api.members SELECT p, p % 50 FROM generate_series(0, 999) AS p',
  // For the floor. The other two keep their policies.
  'ALTER TABLE api.open DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY',
  'VACUUM ANALYZE',
];
