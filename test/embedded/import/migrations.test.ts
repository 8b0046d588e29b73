import { beforeAll, describe, expect, it } from 'vitest';
import type { ImportedProject } from '../../../import/import-schema.ts';
import { importMigrations, noted, policiesOf } from '../../support/imported.ts';

const schema = `
create role web_anon nologin;
create role shop_user nologin;
create role authenticator noinherit login;
grant web_anon, shop_user to authenticator;
alter role authenticator set pgrst.db_schemas = 'api';
alter role authenticator set pgrst.db_anon_role = 'web_anon';
alter role authenticator set pgrst.db_max_rows = '100';
alter role authenticator set pgrst.jwt_secret = 'not to be written anywhere';
alter role web_anon set statement_timeout = '3s';
create schema api;
create schema data;
create function api.uid() returns uuid language sql stable
  as $$ select (current_setting('request.jwt.claims', true)::json ->> 'sub')::uuid $$;
create type api.state as enum ('draft', 'published');
create table api.teams (id int primary key, name text);
create table api.members (team int references api.teams, member uuid, role text not null, primary key (team, member));
create table api."Todo.List" (
  id serial primary key, team int references api.teams, "ownerId" uuid, title text, state api.state default 'draft',
  starts_at timestamptz, ends_at timestamptz
);
create table api.logs (id int generated always as identity, line text);
create table data.secrets (id int primary key, owner uuid, secret text);
create view api.secrets as select id, secret from data.secrets;
grant usage on schema api to web_anon, shop_user;
grant select (id, title) on api."Todo.List" to web_anon;
grant select, insert, update, delete on api."Todo.List", api.members, api.teams to shop_user;
grant select on api.logs, api.secrets to shop_user;
alter table api."Todo.List" enable row level security;
alter table api.members enable row level security;
alter table api.teams enable row level security;
create policy "Everyone sees published ones" on api."Todo.List" for select using (state = 'published');
create policy "own" on api."Todo.List" to shop_user using ("ownerId" = (select api.uid()));
create policy "team" on api."Todo.List" for select to shop_user
  using (exists (select from api.members m where m.team = "Todo.List".team and m.member = api.uid()));
create policy "now" on api."Todo.List" for select to web_anon
  using ((starts_at is null or starts_at <= now()) and (ends_at is null or ends_at > now()));
create policy "own memberships" on api.members for select to shop_user using (member = api.uid());
create policy "led" on api.teams for select to shop_user
  using (id in (select team from api.members where member = api.uid() and role in ('owner', 'admin')));
create policy "long names" on api.teams for insert to shop_user
  with check (length(name) > 3 and (current_setting('request.jwt.claims', true)::json ->> 'level')::int > 2);
`;

describe('an import of migrations', () => {
  let project: ImportedProject;
  beforeAll(async () => {
    project = await importMigrations({ '001_all.sql': schema });
  });

  it('declares schemas, roles and what PostgREST is set to', () => {
    expect(project.declaration).toMatchObject({
      schemas: ['api'],
      internalSchemas: ['data'],
      authenticator: 'authenticator',
      anonymous: { name: 'web_anon', statementTimeoutMs: 3000 },
      users: [{ name: 'shop_user' }],
      server: { maxRows: 100 },
    });
  });

  it('writes no secret of the database', () => {
    expect([...project.files.values()].join()).not.toContain('not to be written');
    expect(noted(project, 'secret_setting')).toEqual(['pgrst.jwt_secret']);
  });

  it('recognises policies as templates', () => {
    const own = { claim: 'sub', type: 'uuid', kind: 'own-rows', to: 'shop_user' };
    const membership = {
      kind: 'membership',
      to: 'shop_user',
      claim: 'sub',
      type: 'int',
      memberType: 'uuid',
      for: 'select',
    };
    const through = { table: 'members', key: 'team', member: 'member' };
    expect(policiesOf(project, 'Todo.List')).toEqual([
      { kind: 'public-rows', to: ['shop_user', 'web_anon'], for: 'select', where: { state: 'published' } },
      { kind: 'valid-between', to: 'web_anon', from: 'starts_at', until: 'ends_at' },
      { ...own, column: 'ownerId' },
      { ...membership, column: 'team', through },
    ]);
    expect(policiesOf(project, 'members')).toEqual([{ ...own, column: 'member' }]);
    expect(policiesOf(project, 'teams')[0]).toEqual({
      ...membership,
      column: 'id',
      through: { ...through, where: { role: ['owner', 'admin'] } },
    });
  });

  it('keeps any other condition, and reads its claims so that no cast fails', () => {
    expect(policiesOf(project, 'teams')[1]).toMatchObject({ kind: 'custom', for: 'insert', name: 'long_names' });
    expect(project.files.get('policies/teams_long_names.sql')).toBe(
      `(length(name) > 3) AND ((SELECT :"private".try_cast(:"private".claim('level'), NULL::int4)) > 2)\n`,
    );
  });

  it('gives the users of a view what its owner had of an internal table', () => {
    expect(project.declaration.tables.find(({ name }) => name === 'secrets')).toMatchObject({
      schema: 'data',
      grants: [{ role: 'shop_user', command: 'select', columns: ['id', 'secret'] }],
      policies: [{ input: { kind: 'all-rows' } }],
    });
    expect(project.notes).toContainEqual({
      reason: 'view_rights',
      object: 'api.secrets',
      detail: 'data.secrets; wider: shop_user',
    });
  });

  it('leaves grants out that reached no row, and tells of tables without row security', () => {
    expect(noted(project, 'grant_without_rows')).toEqual(['api.members', 'api.teams']);
    expect(noted(project, 'row_security_off')).toEqual(['api.logs']);
  });

  it('takes roles, grants and policies out of the migration', () => {
    const migration = project.files.get('migrations/001_all.sql')!;
    expect(migration).toMatch(/^create function api.uid/);
    expect(migration).not.toMatch(/\b(grant|policy|role authenticator|row level security|create schema)\b/);
  });

  it('shows the same access on both databases', () => {
    expect(project.access).toMatchObject({ explained: [], unexplained: [] });
    // Tables and views with four commands of each subject, and a function with each role.
    expect(project.access.compared).toBe(60 + 2);
  });
});

describe('an import of migrations in several files', () => {
  it('names a file of which no migration is left', async () => {
    const project = await importMigrations({
      '1_roles.sql': 'create role app; grant usage on schema public to app;',
      '2_notes.sql': 'create table public.notes (id int primary key); grant select on public.notes to app;',
    });
    expect(project.declaration.migrations.map(({ file }) => file)).toEqual(['migrations/2_notes.sql']);
    expect(noted(project, 'no_migration')).toEqual(['1_roles.sql']);
  });
});

describe('an import of migrations with lists in claims', () => {
  it('recognises lists of texts, and closes a list whose members may fail a cast', async () => {
    const project = await importMigrations({
      '1.sql': `
        create role app;
        create table public.notes (id int primary key, region text, team int);
        grant select on public.notes to app;
        grant usage on schema public to app;
        alter table public.notes enable row level security;
        create policy "a" on public.notes to app using (region in (
          select jsonb_array_elements_text(current_setting('request.jwt.claims', true)::jsonb -> 'app' -> 'regions')));
        create policy "b" on public.notes to app using (team in (
          select jsonb_array_elements_text(current_setting('request.jwt.claims', true)::jsonb -> 'teams')::int));
      `,
    });
    expect(policiesOf(project, 'notes')).toEqual([
      { kind: 'claim-list', to: 'app', column: 'region', claim: ['app', 'regions'], type: 'text' },
    ]);
    expect(noted(project, 'rejected_condition')).toEqual(['b on public.notes']);
  });
});

describe('an import of migrations with a condition that only looks like a template', () => {
  it('keeps the condition', async () => {
    const project = await importMigrations({
      '1.sql': `
        create role app;
        create table public.notes (id int primary key, owner uuid, shared text, tags text);
        grant select on public.notes to app;
        grant usage on schema public to app;
        alter table public.notes enable row level security;
        -- As text, capitals in a claim make another owner.
        create policy "a" on public.notes to app
          using (owner::text = current_setting('request.jwt.claims', true)::json ->> 'sub');
        create policy "b" on public.notes to app
          using (shared = coalesce(current_setting('request.jwt.claims', true)::json ->> 'team', 'nobody'));
      `,
    });
    expect(policiesOf(project, 'notes').map(({ kind }) => kind)).toEqual(['custom', 'custom']);
    expect(project.access.unexplained).toEqual([]);
  });
});

describe('an import of policies whose names and tables are the same in letters and digits', () => {
  it('writes each condition to a file of its own', async () => {
    const long = (column: string) =>
      `length(${column}) > 3 and length(${column}) < 100 and ${column} is not null and ${column} <> 'none'`;
    const project = await importMigrations({
      '1.sql': `
        create role app;
        create table public.team (id int primary key, name text);
        create table public.team_members (id int primary key, member text);
        grant select on public.team, public.team_members to app;
        alter table public.team enable row level security;
        alter table public.team_members enable row level security;
        create policy "members read" on public.team to app using (${long('name')});
        create policy "read" on public.team_members to app using (${long('member')});
      `,
    });
    expect(project.files.get('policies/team_members_read.sql')).toContain('length(name)');
    expect(project.files.get('policies/team_members_read_2.sql')).toContain('length(member)');
  });
});
