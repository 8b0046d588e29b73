import { describe, expect, it } from 'vitest';
import { migrationOf, readSchemaFile } from '../../../import/files/schema-file.ts';
import type { PurposeContext } from '../../../import/files/purpose.ts';

const context: PurposeContext = { managed: ['public', 'api'], platform: ['storage'], isDump: false };

async function migrated(sql: string, changes: Partial<PurposeContext> = {}) {
  const file = await readSchemaFile({ file: '001.sql', sql });
  const { sql: kept, leftOut } = migrationOf(file, { ...context, ...changes }, () => false);
  return { kept, purposes: leftOut.map(({ purpose }) => purpose) };
}

describe('the migration of a file', () => {
  it('has no access, roles, owners or schemas, and keeps the rest as it is written', async () => {
    const { kept, purposes } = await migrated(`-- Lists of things to do

-- who
create role web_anon nologin;
create schema api;
create table api.todos (
  id   int primary key -- the key
);
grant select on api.todos to web_anon;
alter table api.todos enable row level security;
create policy "all" on api.todos using (true);
alter table api.todos owner to web_anon;
comment on table api.todos is 'x; y';
`);
    expect(kept).toBe(`-- Lists of things to do

create table api.todos (
  id   int primary key -- the key
);
comment on table api.todos is 'x; y';
`);
    expect(purposes).toEqual(['roles', 'schema', 'access', 'access', 'access', 'owner']);
  });

  it('has no statements of a session, of replication or of a platform', async () => {
    const { kept, purposes } = await migrated(`begin;
set role postgres;
create publication p for all tables;
create policy p on storage.objects using (true);
create table storage.things (id int);
set search_path = api;
commit;
`);
    expect(kept).toBe('set search_path = api;\n');
    expect(purposes).toEqual(['session', 'session', 'elsewhere', 'platform', 'platform', 'session']);
  });

  it('keeps data of COPY as it is written, but for that of a platform', async () => {
    const kept = '-- lists\ncopy api.lists (id, name) from stdin;\n1\tA; b\n2\t\\N\n\\.\nselect 1;\n';
    const storage = '-- files\ncopy storage.buckets (id) from stdin;\na\n\\.\n';
    expect(await migrated(`${kept}\n${storage}`)).toEqual({ kept, purposes: ['platform'] });
  });

  it('has no comment on a schema `public` that the declaration does not manage, which belongs to another role', async () => {
    const comment = "comment on schema public is 'standard public schema';";
    expect(await migrated(comment, { managed: ['api'] })).toEqual({ kept: '', purposes: ['schema'] });
    expect(await migrated(comment)).toEqual({ kept: `${comment}\n`, purposes: [] });
  });

  it.each([
    'create table things (id int);',
    'create view api.things as select 1 from things;',
    "create function f() returns int language sql as 'select 1';",
    "create type state as enum ('a');",
    'create extension if not exists pgcrypto;',
    'do $$ begin create table things (id int); end $$;',
  ])('looks for names in public first where one has no schema: %s', async (sql) => {
    const { kept } = await migrated(sql, { searchPath: ['public', 'extensions'] });
    expect(kept).toBe(`SET search_path = "public", "extensions";\n\n${sql}\n`);
  });

  it.each([
    'create table api.things (id int references public.others);',
    'create extension if not exists pgcrypto schema api;',
    'set search_path = api; create table things (id int);',
  ])('keeps the search path of a deploy for a file that does not rely on public: %s', async (sql) => {
    expect((await migrated(sql, { searchPath: ['public'] })).kept).toBe(`${sql}\n`);
  });

  it('of a dump has one line of comment for each object', async () => {
    const { kept, purposes } = await migrated(
      `SET statement_timeout = 0;
SET check_function_bodies = false;
SELECT pg_catalog.set_config('search_path', '', false);

--
-- Name: todos; Type: TABLE; Schema: api; Owner: postgres
--

CREATE TABLE api.todos (id integer);


ALTER TABLE api.todos OWNER TO postgres;

--
-- Name: TABLE todos; Type: ACL; Schema: api; Owner: postgres
--

GRANT SELECT ON TABLE api.todos TO web_anon;
`,
      { isDump: true },
    );
    expect(kept).toBe(`SET check_function_bodies = false;

-- todos
CREATE TABLE api.todos (id integer);
`);
    expect(purposes).toEqual(['session', 'session', 'owner', 'access']);
  });
});
