import { expect, it } from 'vitest';
import { startEphemeralPostgrest } from '../../../testing/start.ts';
import { importMigrations } from '../../support/imported.ts';

const TABLES = 60;
const names = Array.from({ length: TABLES }, (_, index) => `table_${index + 1}`);

/** Tables as applications have them: keys, rows of users and of teams, and some that everyone reads. */
const schema = `
create role authenticator noinherit login;
create role web_anon;
create role app_user;
grant web_anon, app_user to authenticator;
alter role authenticator set pgrst.db_schemas = 'public';
alter role authenticator set pgrst.db_anon_role = 'web_anon';
grant usage on schema public to web_anon, app_user;
create table public.members (team int, member uuid, primary key (team, member));
alter table public.members enable row level security;
create policy own on public.members for select to app_user
  using (member = (current_setting('request.jwt.claims', true)::json ->> 'sub')::uuid);
grant select on public.members to app_user;
${names
  .map(
    (name, index) => `
create table public.${name} (
  id bigint generated always as identity primary key,
  ${index > 0 ? `parent bigint references public.${names[index - 1]},` : ''}
  owner uuid not null, team int not null, title text not null, public boolean not null default false,
  created_at timestamptz not null default now()
);
alter table public.${name} enable row level security;
create policy own on public.${name} to app_user
  using (owner = (current_setting('request.jwt.claims', true)::json ->> 'sub')::uuid);
create policy team on public.${name} for select to app_user using (exists (select from public.members m
  where m.team = ${name}.team and m.member = (current_setting('request.jwt.claims', true)::json ->> 'sub')::uuid));
create policy everyone on public.${name} for select using (public);
grant select on public.${name} to web_anon;
grant select, insert, update, delete on public.${name} to app_user;`,
  )
  .join('\n')}
insert into public.table_1 (owner, team, title, public) values
  ('00000000-0000-0000-0000-000000000001', 1, 'for everyone', true),
  ('00000000-0000-0000-0000-000000000001', 1, 'for nobody else', false);
`;

it(`imports ${TABLES} tables to a running API`, { timeout: 600_000 }, async () => {
  const started = performance.now();
  const { declaration, access } = await importMigrations({ '1.sql': schema });
  const imported = performance.now();
  await using api = await startEphemeralPostgrest(declaration);
  const anonymous = await api.as();
  const response = await anonymous.fetch('/table_1?select=title');
  const answered = performance.now();
  expect(await response.json()).toEqual([{ title: 'for everyone' }]);
  expect(access).toMatchObject({ explained: [], unexplained: [] });
  expect(access.compared).toBe((TABLES + 1) * 4 * 3);
  const recognised = declaration.tables.flatMap(({ policies }) => policies.map(({ input }) => input.kind));
  expect(recognised.filter((kind) => kind === 'custom')).toEqual([]);
  const seconds = (from: number, to: number) => ((to - from) / 1000).toFixed(1);
  console.log(
    `${TABLES} tables: imported in ${seconds(started, imported)} s, answered ${seconds(imported, answered)} s later`,
  );
});
