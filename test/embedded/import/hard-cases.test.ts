import { beforeAll, describe, expect, it } from 'vitest';
import type { ImportedProject } from '../../../import/import-schema.ts';
import { startEphemeralPostgrest } from '../../../testing/start.ts';
import { importMigrations, noted, policiesOf } from '../../support/imported.ts';

interface Request extends RequestInit {
  readonly path: string;
  /** @default a request without a token */
  readonly role?: string;
  readonly sub?: string;
}

/** Starts the project, and sends it requests: what each gets, or the status of its error. */
async function answers(
  { declaration }: ImportedProject,
  requests: Readonly<Record<string, Request>>,
): Promise<Record<string, unknown>> {
  await using api = await startEphemeralPostgrest(declaration);
  const found: Record<string, unknown> = {};
  for (const [title, { path, role, sub, ...init }] of Object.entries(requests)) {
    const client = role === undefined ? await api.as() : await api.as(role, sub === undefined ? {} : { sub });
    const response = await client.fetch(path, init);
    const text = await response.text();
    found[title] = response.ok ? (text === '' ? response.status : JSON.parse(text)) : response.status;
  }
  return found;
}

describe('an import of names, types and kinds of objects', () => {
  let project: ImportedProject;
  beforeAll(async () => {
    project = await importMigrations({
      '1.sql': `
        create role authenticator noinherit login;
        create role "Web-Anon";
        create role "App-User";
        grant "Web-Anon", "App-User" to authenticator;
        alter role authenticator set pgrst.db_schemas = 'api, Shop-s';
        alter role authenticator set pgrst.db_extra_search_path = 'public, extensions';
        alter role authenticator set pgrst.db_anon_role = 'Web-Anon';
        create schema extensions;
        create extension citext schema extensions;
        create schema api;
        create schema "Shop-s";
        create type api."Order State" as enum ('new', 'Paid', 'it''s sent');
        create domain api.email as extensions.citext check (value ~ '@');
        create type api.span as range (subtype = int4);
        create sequence api.ticket_no start 100;
        create table "Shop-s"."Order.Lines" (
          "Id" int generated always as identity primary key, "Owner.Id" uuid, "select" text default 'x',
          state api."Order State" not null default 'new', mail api.email, ticket int default nextval('api.ticket_no')
        );
        alter table "Shop-s"."Order.Lines" enable row level security;
        create policy "it's ""mine""" on "Shop-s"."Order.Lines" to "App-User"
          using ("Owner.Id" = (current_setting('request.jwt.claims', true)::json ->> 'sub')::uuid);
        create policy paid on "Shop-s"."Order.Lines" for select to public using (state = 'Paid');
        grant usage on schema api, "Shop-s", extensions to "Web-Anon", "App-User";
        grant select ("Id", "select", state) on "Shop-s"."Order.Lines" to "Web-Anon";
        grant select, insert, update ("select", state), delete on "Shop-s"."Order.Lines" to "App-User";
        grant usage on sequence api.ticket_no to "App-User";
        create table api."in/out" (id int);
        grant select on api."in/out" to "App-User";
        alter role "App-User" set app.mode = 'strict';
        insert into "Shop-s"."Order.Lines" ("Owner.Id", state, mail) values
          ('00000000-0000-0000-0000-000000000001', 'new', 'Ann@Example.org'),
          ('00000000-0000-0000-0000-000000000002', 'Paid', null);
        create table api.measures (at date, city text, value numeric, primary key (at, city)) partition by range (at);
        create table api.measures_2024 partition of api.measures for values from ('2024-01-01') to ('2025-01-01');
        create table api.measures_2025 partition of api.measures for values from ('2025-01-01') to ('2026-01-01');
        alter table api.measures enable row level security;
        create policy everything on api.measures for select using (true);
        grant select on api.measures to "Web-Anon", "App-User";
        insert into api.measures values ('2024-05-01', 'Rome', 3), ('2025-05-01', 'Oslo', 4);
        create materialized view api.averages as select city, avg(value) from api.measures group by city;
        grant select on api.averages to "Web-Anon";
        create function api.add(a int, b int) returns int language sql immutable as 'select a + b';
        create function api.add(a text, c text) returns text language sql immutable as 'select a || c';
        create function api.add(a int) returns int language sql immutable as 'select a + 1';
        revoke all on function api.add(text, text), api.add(int) from public;
        grant execute on function api.add(int) to "App-User";
        create function api."Weird Name"("Arg One" text) returns text language sql stable as $$ select "Arg One" $$;
      `,
    });
  });

  it('leaves no difference without an explanation', () => {
    expect(project.access).toMatchObject({ explained: [], unexplained: [] });
    expect(noted(project, 'unprotected_relation')).toEqual(['api.averages']);
  });

  it('takes names as they are', () => {
    expect(project.declaration.schemas).toEqual(['api', 'Shop-s']);
    expect(policiesOf(project, 'Order.Lines')).toEqual([
      { kind: 'own-rows', to: 'App-User', column: 'Owner.Id', claim: 'sub', type: 'uuid' },
      { kind: 'public-rows', to: ['App-User', 'Web-Anon'], for: 'select', where: { state: 'Paid' } },
    ]);
    expect(project.files.get('declaration.ts')).toContain(`name: 'Shop-s."Order.Lines"',`);
  });

  it('starts, and answers as the old database did', async () => {
    const shop = { 'Accept-Profile': 'Shop-s' };
    const user = { role: 'App-User', sub: '00000000-0000-0000-0000-000000000001' };
    expect(
      await answers(project, {
        'paid lines': { path: '/Order.Lines?select=state', headers: shop },
        'own and paid lines': { ...user, path: '/Order.Lines?select=mail&order=Id', headers: shop },
        'a filter by an operator of an extension': {
          ...user,
          path: '/Order.Lines?select=mail&mail=eq.ann@example.org',
          headers: shop,
        },
        'a column without a grant': { path: '/Order.Lines?select=mail', headers: shop },
        'both partitions': { path: '/measures?select=city&order=city' },
        'a partition by its name': { path: '/measures_2024' },
        'a materialized view': { path: '/averages' },
        'an overload for everyone': { path: '/rpc/add?a=1&b=2' },
        'an overload for one role': { ...user, path: '/rpc/add?a=1' },
        'the same of another role': { path: '/rpc/add?a=1' },
        'a quoted name': { path: '/rpc/Weird%20Name?Arg%20One=x' },
      }),
    ).toEqual({
      'paid lines': [{ state: 'Paid' }],
      'own and paid lines': [{ mail: 'Ann@Example.org' }, { mail: null }],
      'a filter by an operator of an extension': [{ mail: 'Ann@Example.org' }],
      'a column without a grant': 401,
      'both partitions': [{ city: 'Oslo' }, { city: 'Rome' }],
      'a partition by its name': 401,
      'a materialized view': 401,
      'an overload for everyone': 3,
      'an overload for one role': 2,
      'the same of another role': 401,
      'a quoted name': 'x',
    });
  });
});

describe('an import of roles, grants and policies', () => {
  let project: ImportedProject;
  beforeAll(async () => {
    project = await importMigrations({
      '1.sql': `
        create role web_anon;
        create role reader;
        create role editor;
        create role manager;
        create role auditor bypassrls;
        create role unreachable;
        grant reader to editor, auditor;
        grant editor to manager;
        create role authenticator noinherit login;
        grant web_anon, reader, editor, manager, auditor to authenticator;
        grant unreachable to authenticator with inherit true, set false;
        alter role reader set timezone = 'Europe/Rome';
        alter role reader set app.secret_key = 'not to be written';
        alter role authenticator set pgrst.db_schemas = 'public';
        alter role authenticator set pgrst.db_anon_role = 'web_anon';
        create schema private;
        alter default privileges grant select on tables to reader;
        alter default privileges grant select on tables to auditor;
        create function public.uid() returns text language sql stable as $$ select current_setting('request.jwt.claims', true)::json ->> 'sub' $$;
        create table public.teams (id int primary key, name text);
        create table private.members (team int references public.teams, member text, role text, primary key (team, member));
        create function private.is_member(t int) returns boolean language sql stable security definer set search_path = '' as
          $$ select exists (select from private.members m where m.team = t and m.member = public.uid()) $$;
        create table public.docs (id int primary key, team int references public.teams, owner text, title text, secret text, deleted boolean not null default false);
        create table public.comments (id int primary key, doc int references public.docs, author text, body text);
        create table public.no_rls (id int primary key, line text);
        create table public.closed (id int primary key, line text);
        create table public.forced (id int primary key, owner text);
        alter table public.teams enable row level security;
        alter table public.docs enable row level security;
        alter table public.comments enable row level security;
        alter table public.closed enable row level security;
        alter table public.forced enable row level security;
        alter table public.forced force row level security;
        create policy p1 on public.teams for select to reader using (private.is_member(id));
        create policy p2 on public.docs for select to public using (exists (select 1 from private.members m where m.team = docs.team and m.member = public.uid()));
        create policy p3 on public.docs for update to editor using (owner = public.uid()) with check (owner = public.uid() and not deleted);
        create policy p4 on public.docs as restrictive for select to public using (not deleted);
        create policy p5 on public.docs for delete to manager using (team in (select team from private.members where member = public.uid() and role = 'lead'));
        create policy c1 on public.comments for select using (exists (select from public.docs d where d.id = comments.doc));
        create policy c2 on public.comments for insert to editor with check (author = public.uid() and doc in (select id from public.docs));
        create policy f on public.forced to reader using (owner = public.uid() or owner is null);
        grant usage on schema private to reader, web_anon;
        grant select on private.members to reader, web_anon;
        grant select (id, title) on public.docs to web_anon;
        grant update (title, deleted), delete on public.docs to editor;
        grant insert, update on public.no_rls to editor;
        grant select, insert on public.comments to editor;
        grant select on public.comments to web_anon;
        grant all on all tables in schema public to auditor;
        create view public.titles as select id, title from public.docs;
        create function private.count_members() returns bigint language sql security definer set search_path = ''
          as 'select count(*) from private.members';
        create function public.members_or(n bigint default private.count_members()) returns bigint language sql as 'select n';
        create function public.count_own_docs() returns bigint language sql security definer set search_path = ''
          as 'select count(*) from public.docs';
        alter function public.count_own_docs() owner to editor;
        create view public.closed_lines with (security_invoker = 't') as select line from public.closed;
        grant select on public.closed_lines to reader;
        create view public.titles_invoker with (security_invoker) as select id, title from public.docs;
        create view public.team_sizes as select team, count(*) from private.members group by team;
        grant select on public.titles, public.titles_invoker, public.team_sizes to web_anon, reader;
        insert into public.teams values (1, 'a'), (2, 'b');
        insert into private.members values (1, 'sample', 'lead');
        insert into public.docs values (1, 1, 'sample', 't', 's', false), (2, 2, 'other', 't', 's', false), (3, 1, 'x', 't', 's', true), (4, 1, 'x', 't', 's', false);
        insert into public.comments values (1, 1, 'sample', 'a comment');
      `,
    });
  });

  it('leaves no difference without an explanation, and names each other one', () => {
    const names = (lines: readonly string[]) => [...new Set(lines.map((line) => line.split(',')[0]))];
    expect(project.access.unexplained).toEqual([]);
    expect(names(project.access.explained)).toEqual(['`public.titles`']);
    expect(noted(project, 'view_over_exposed')).toEqual(['public.titles']);
    expect(project.notes.filter(({ reason }) => reason === 'view_rights')).toEqual([
      { reason: 'view_rights', object: 'public.team_sizes', detail: 'private.members' },
    ]);
    expect(noted(project, 'row_security_off')).toEqual(['public.no_rls']);
    expect(noted(project, 'grant_without_rows')).toEqual(['public.closed', 'public.docs']);
    expect(noted(project, 'view_without_table')).toEqual(['public.closed_lines']);
    expect(noted(project, 'bound_definer')).toEqual(['public.count_own_docs()']);
    expect(noted(project, 'default_privileges')).toEqual(['role postgres']);
  });

  it('takes over settings of roles, and no secrets', () => {
    expect(project.declaration.users.find(({ name }) => name === 'reader')?.settings).toEqual({
      timezone: 'Europe/Rome',
    });
    expect([...project.files.values()].join()).not.toContain('not to be written');
  });

  it('keeps the hierarchy of roles, and gives a grant to the heir whose policy alone serves it', () => {
    expect(project.declaration.users.map(({ name, inherits }) => [name, inherits])).toEqual([
      ['auditor', []],
      ['editor', ['reader']],
      ['manager', ['editor']],
      ['reader', []],
    ]);
    const docs = project.declaration.tables.find(({ name }) => name === 'docs')!;
    const deleting = docs.grants.filter(({ command }) => command === 'delete').map(({ role }) => role);
    expect(deleting.sort()).toEqual(['auditor', 'manager']);
  });

  it('starts, and answers as the old database did', async () => {
    const patch = (role: string, path: string, body: object) => ({
      ...{ role, path, sub: 'sample', method: 'PATCH', body: JSON.stringify(body) },
      headers: { 'Content-Type': 'application/json', Prefer: 'return=representation' },
    });
    const deleted = { method: 'DELETE', headers: { Prefer: 'return=representation' }, sub: 'sample' };
    expect(
      await answers(project, {
        'no docs without a membership': { path: '/docs?select=id' },
        'docs of the own team that are not deleted': {
          role: 'reader',
          sub: 'sample',
          path: '/docs?select=id&order=id',
        },
        'a column without a grant': { path: '/docs?select=secret' },
        'all docs past every policy': { role: 'auditor', path: '/docs?select=id&order=id' },
        'a function behind a default': { role: 'auditor', path: '/rpc/members_or' },
        'teams by a function': { role: 'editor', sub: 'sample', path: '/teams?select=id' },
        'a table without policies': { role: 'reader', path: '/closed' },
        'a view of an internal table': { role: 'reader', path: '/team_sizes' },
        'an own doc': patch('editor', '/docs?id=eq.1&select=title', { title: 'new' }),
        'what a policy forbids': patch('editor', '/docs?id=eq.1', { deleted: true }),
        'a column that may not change': patch('editor', '/docs?id=eq.1', { owner: 'me' }),
        'a lead of another team': { ...deleted, role: 'manager', sub: 'other', path: '/docs?id=eq.4&select=id' },
        'no lead': { ...deleted, role: 'editor', path: '/docs?id=eq.4&select=id' },
        'the lead': { ...deleted, role: 'manager', path: '/docs?id=eq.4&select=id' },
      }),
    ).toEqual({
      'no docs without a membership': [],
      'docs of the own team that are not deleted': [{ id: 1 }, { id: 4 }],
      'a column without a grant': 401,
      'all docs past every policy': [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }],
      'a function behind a default': 1,
      'teams by a function': [{ id: 1 }],
      'a table without policies': 403,
      'a view of an internal table': [{ team: 1, count: 1 }],
      'an own doc': [{ title: 'new' }],
      'what a policy forbids': 403,
      'a column that may not change': 403,
      'a lead of another team': [],
      'no lead': 403,
      'the lead': [{ id: 4 }],
    });
  });
});

describe('an import of owners, closed schemas, views on views and functions of every kind', () => {
  let project: ImportedProject;
  beforeAll(async () => {
    project = await importMigrations({
      '1.sql': `
        create role anon;
        create role member;
        create role staff noinherit;
        create role owner_role;
        grant member to staff;
        create role authenticator noinherit login;
        grant anon, member, staff, owner_role to authenticator;
        alter role authenticator set pgrst.db_schemas = 'api,hidden';
        alter role authenticator set pgrst.db_anon_role = 'anon';
        create schema api;
        create schema hidden;
        create schema data;
        grant usage on schema api to anon, member, staff, owner_role;
        grant usage on schema hidden to member;
        create type api.money as (amount numeric, currency text);
        create table hidden.things (id int primary key, line text);
        grant select on hidden.things to anon, member;
        create table api.people (id int primary key, first_name text, last_name text, age int check (age > 17), tags text[] not null default '{}', price api.money, extra jsonb not null, full_name text generated always as (first_name || ' ' || last_name) stored);
        create function api.initials(api.people) returns text language sql stable as $$ select left($1.first_name, 1) || left($1.last_name, 1) $$;
        create table api.no_key (line text);
        create table api.parent (id int primary key, parent int not null references api.parent);
        create table api.base (id int primary key);
        create table api.derived (more text) inherits (api.base);
        create table api.owned (id int primary key, line text);
        alter table api.owned owner to owner_role;
        alter table api.owned enable row level security;
        create policy nobody on api.owned to owner_role using (false);
        create table data.items (id int primary key, owner text not null, hidden boolean not null default false);
        alter table data.items enable row level security;
        create policy own on data.items using (owner = current_setting('request.jwt.claims', true)::json ->> 'sub');
        create role view_owner;
        grant usage on schema data to view_owner, member;
        grant select, insert on data.items to view_owner, member;
        create view api.items as select id, owner from data.items where not hidden;
        alter view api.items owner to view_owner;
        create view api.items_of_items as select * from api.items;
        grant select on api.items to postgres;
        create view api.people_names with (security_barrier, security_invoker) as select id, full_name as "Full Name" from api.people;
        create function api.current_role_name() returns text language sql stable as 'select current_user::text';
        create table api.by_role (id int primary key, role text);
        alter table api.by_role enable row level security;
        create policy r on api.by_role using (role = current_user);
        create policy t on api.by_role for select to member using (current_setting('app.tenant', true) = role);
        create table api.rows (id int primary key, owner text, open boolean);
        create function api.may_see(r api.rows) returns boolean language sql stable as $$ select r.open or r.owner = current_setting('request.jwt.claim.sub', true) $$;
        alter table api.rows enable row level security;
        create policy f on api.rows for select using (api.may_see(rows));
        create policy g on api.rows for insert to member with check (open);
        create policy h on api.rows for update to member using (true) with check (open and owner = current_setting('request.jwt.claim.sub', true));
        grant select on all tables in schema api to anon, member;
        grant insert, update, delete on api.rows, api.people, api.owned to member;
        grant all on api.no_key to staff with grant option;
        grant insert, update (more) on api.derived to staff;
        grant truncate, references, trigger on api.people to member;
        create function api.with_defaults(a int, b int default 2, out total int) language sql as 'select a + b';
        create function api.a_table(n int) returns table (x int, y text) language sql begin atomic; select n, 'y'; end;
        create function api.same(x anyelement) returns anyelement language sql as 'select x';
        create function api.touch() returns trigger language plpgsql as $$ begin new.line := upper(new.line); return new; end $$;
        create trigger touch before insert or update on api.owned for each row execute function api.touch();
        create function api.log_in(name text) returns text language plpgsql security definer as $$
        declare found text; begin
          create temp table if not exists seen (name text);
          insert into data.items (id, owner) values ((random() * 1e6)::int + 1000, name);
          select owner into found from data.items where owner = name limit 1; return found;
        end $$;
        insert into api.people (id, first_name, last_name, age, extra) values (1, 'Ann', 'Lee', 20, '{}');
        insert into data.items values (1, 'sample', false), (2, 'other', false), (3, 'sample', true);
      `,
    });
  });

  it('leaves no difference without an explanation', () => {
    expect(project.access).toMatchObject({ explained: [], unexplained: [] });
  });

  it('opens no schema that a role could not use', () => {
    expect(noted(project, 'schema_without_usage')).toEqual(['hidden.things']);
    const things = project.declaration.tables.find(({ name }) => name === 'things')!;
    expect(things.grants.map(({ role }) => role)).toEqual(['member']);
  });

  it('names what is read differently now', () => {
    expect(noted(project, 'old_claims')).toEqual(['1.sql']);
    expect(noted(project, 'owner_rows')).toEqual(['data.items']);
    expect(noted(project, 'search_path')).toEqual(['api.log_in(text)']);
    expect(noted(project, 'policy_without_grant')).toEqual(['nobody on api.owned']);
  });

  it('starts, and answers as the old database did', async () => {
    const member = { role: 'member', sub: 'sample' };
    const body = (value: object) => ({
      ...{ method: 'POST', body: JSON.stringify(value) },
      headers: { 'Content-Type': 'application/json' },
    });
    expect(
      await answers(project, {
        'own items through two views': { ...member, path: '/items_of_items?select=id' },
        'a schema without usage': { path: '/things', headers: { 'Accept-Profile': 'hidden' } },
        'a computed column': { path: '/people?select=initials&id=eq.1' },
        'a generated column through a view': { path: '/people_names?select=Full%20Name&id=eq.1' },
        'a function with defaults': { path: '/rpc/with_defaults?a=1' },
        'a function that returns a table': { path: '/rpc/a_table?n=3' },
        'the role of the request': { role: 'staff', path: '/rpc/current_role_name' },
        'what a policy lets in': { ...member, path: '/rows', ...body({ id: 50, owner: 'x', open: true }) },
        'what a policy keeps out': { ...member, path: '/rows', ...body({ id: 51, owner: 'x', open: false }) },
        'a row that a function shows': { ...member, path: '/rows?select=owner&id=eq.50' },
        'a role that inherits nothing': { role: 'staff', path: '/people' },
        'a role that owned a table': { role: 'owner_role', path: '/owned', ...body({ id: 70, line: 'x' }) },
        'a row with its trigger': { role: 'owner_role', path: '/owned?select=line&id=eq.70' },
      }),
    ).toEqual({
      'own items through two views': [{ id: 1 }],
      'a schema without usage': 401,
      'a computed column': [{ initials: 'AL' }],
      'a generated column through a view': [{ 'Full Name': 'Ann Lee' }],
      'a function with defaults': { total: 3 },
      'a function that returns a table': [{ x: 3, y: 'y' }],
      'the role of the request': 'staff',
      'what a policy lets in': 201,
      'what a policy keeps out': 403,
      'a row that a function shows': [{ owner: 'x' }],
      'a role that inherits nothing': 403,
      'a role that owned a table': 201,
      'a row with its trigger': [{ line: 'X' }],
    });
  });
});
