import { beforeAll, describe, expect, it } from 'vitest';
import type { ImportedProject } from '../../../import/import-schema.ts';
import { importDump, importMigrations, noted } from '../../support/imported.ts';

const dump = `
DROP DATABASE IF EXISTS shop;
CREATE DATABASE shop;
\\c shop;
CREATE EXTENSION no_such_extension;
CREATE ROLE clerk;
CREATE SCHEMA "odd @ name";
CREATE TABLE "odd @ name".things (id int);
CREATE TABLE public."Items; all" (id int PRIMARY KEY, name text NOT NULL);
COPY public."Items; all" (id, name) FROM stdin;
${Array.from({ length: 50 }, (_, index) => `${index}\titem`).join('\n')}
\\.
CREATE TABLE public.places (id int PRIMARY KEY, point no_such_extension.point NOT NULL);
CREATE INDEX ON public.places USING no_such_method (point);
COPY public.places (id, point) FROM stdin;
1	(1,2)
\\.
CREATE VIEW public.counted AS SELECT name, count(*) AS n FROM public."Items; all" GROUP BY name;
GRANT USAGE ON SCHEMA public TO clerk;
GRANT SELECT, INSERT, UPDATE, DELETE ON public."Items; all", public.counted TO clerk;
`;

describe('an import of a dump with what a deploy cannot have', () => {
  let project: ImportedProject;
  beforeAll(async () => {
    project = await importDump(dump);
  });

  it('goes on without a missing extension, and lists what needs it', () => {
    expect(noted(project, 'missing_extension')).toEqual(['no_such_extension']);
    expect(noted(project, 'needs_extension')).toEqual(['shop.sql:62', 'shop.sql:63', 'shop.sql:65']);
    expect(project.files.get('migrations/0001_baseline.sql')).not.toMatch(/no_such|places/);
    expect(project.files.get('seed.sql')).not.toContain('places');
  });

  it('leaves a schema closed whose name a declaration cannot have', () => {
    expect(noted(project, 'undeclared_schema')).toEqual(['odd @ name']);
    expect(project.files.get('migrations/0001_baseline.sql')).toContain('CREATE TABLE "odd @ name".things');
  });

  it('leaves grants out that a view cannot serve', () => {
    expect(noted(project, 'read_only_view')).toEqual(['public.counted']);
    expect(project.declaration.views).toMatchObject([{ grants: [{ role: 'clerk', command: 'select' }] }]);
  });

  it('compares both databases with the same rows, of which a table may have many', () => {
    expect(project.access.unexplained).toEqual([]);
    expect(project.access.compared).toBeGreaterThan(0);
  });
});

describe('an import of migrations that add rows', () => {
  it('compares the rows in place of those that the migrations add', async () => {
    const project = await importMigrations({
      '1.sql': `
        create role app;
        create table public.units (id int primary key, name text);
        insert into public.units values (1, 'g'), (2, 'kg');
        grant usage on schema public to app;
        create table public.bare ();
        grant select on public.units to app;
        grant select, insert on public.bare to app;
      `,
    });
    expect(project.access).toMatchObject({ unexplained: [], explained: [] });
  });
});

describe('an import of migrations whose rows no sample token owns', () => {
  it('compares rows that the sample tokens reach as well, with the claims that conditions want', async () => {
    const project = await importMigrations({
      '1.sql': `
        create role app;
        create table public.notes (id int primary key, owner uuid, text text);
        insert into public.notes values (1, '11111111-1111-1111-1111-111111111111', 'Ann');
        grant usage on schema public to app;
        grant select, update on public.notes to app;
        alter table public.notes enable row level security;
        create policy own on public.notes for select to app
          using (owner = (current_setting('request.jwt.claims', true)::json ->> 'sub')::uuid);
        create policy editors on public.notes for update to app
          using ((current_setting('request.jwt.claims', true)::json -> 'app' ->> 'job') = 'editor' and id > 0);
      `,
    });
    const sub = '00000000-0000-0000-0000-000000000001';
    expect(project.files.get('access.rows.sql')).toMatch(new RegExp(`'Ann'.*\\n\\('\\d+', '${sub}'`));
    expect(project.files.get('access.test.ts')).toContain(`claims: { sub: '${sub}', app: { job: 'editor' } }`);
    expect(project.access).toMatchObject({ unexplained: [], explained: [], refused: 0 });
  });
});

describe('an import of a view whose owner is bound by policies', () => {
  it('tries the same rows in both databases, and finds no difference', async () => {
    const project = await importDump(
      `
      CREATE ROLE author;
      CREATE ROLE viewer;
      CREATE SCHEMA data;
      CREATE SCHEMA api;
      CREATE TABLE data.notes (id int PRIMARY KEY, body text NOT NULL, hidden boolean NOT NULL);
      CREATE VIEW api.notes AS SELECT id, body, hidden FROM data.notes;
      CREATE VIEW api.bodies AS SELECT body FROM api.notes;
      ALTER VIEW api.notes OWNER TO viewer;
      ALTER VIEW api.bodies OWNER TO viewer;
      COPY data.notes (id, body, hidden) FROM stdin;
1	a	false
2	b	true
3	c	true
\\.
      ALTER TABLE data.notes ENABLE ROW LEVEL SECURITY;
      CREATE POLICY shown ON data.notes TO viewer USING (NOT hidden) WITH CHECK (true);
      GRANT USAGE ON SCHEMA data TO viewer;
      GRANT SELECT, INSERT, UPDATE, DELETE ON data.notes TO viewer;
      GRANT USAGE ON SCHEMA api TO author;
      GRANT SELECT, INSERT, UPDATE, DELETE ON api.notes TO author;
      GRANT SELECT ON api.bodies TO author;
    `,
      { schemas: ['api'] },
    );
    expect(project.access).toMatchObject({ unexplained: [], explained: [] });
    expect(noted(project, 'view_rights')).toContain('api.notes');
  });
});

describe('an import of a function whose helper a role could not execute', () => {
  it('names each grant that is wider than before, and takes no helper for an RPC', async () => {
    const project = await importMigrations({
      '1.sql': `
        create role clerk;
        create role worker;
        create schema inside;
        create table public.notes (id serial primary key, body text);
        create function inside.is_open(id int) returns boolean language sql return id > 0;
        create function public.is_mine(id int) returns boolean language sql return id < 9;
        create function public.close_note(id int) returns boolean language plpgsql
          as $$ begin return inside.is_open(id) and is_mine(id); end $$;
        revoke execute on all functions in schema inside, public from public;
        grant usage on schema public to clerk, worker;
        grant usage on schema inside to clerk;
        grant execute on all functions in schema inside, public to clerk;
        grant execute on function public.close_note to worker;
        grant select, insert, update, delete on public.notes to clerk, worker;
        grant usage on sequence public.notes_id_seq to clerk;
      `,
    });
    expect(project.notes.filter(({ reason }) => reason === 'wider_grant')).toEqual([
      { reason: 'wider_grant', object: 'inside.is_open(integer)', detail: 'wider: worker' },
      { reason: 'wider_grant', object: 'public.is_mine(integer)', detail: 'wider: worker' },
      { reason: 'wider_grant', object: 'public.notes_id_seq', detail: 'wider: worker' },
      { reason: 'wider_grant', object: 'schema inside', detail: 'wider: worker' },
    ]);
    expect(project.files.get('IMPORT.md')).toContain('- `inside.is_open(integer)`: wider: worker\n');
    expect(project.access.unexplained).toEqual([]);
  });
});

describe('an import of extensions in an exposed schema', () => {
  it('compares both databases, although no superuser runs the new one', async () => {
    const project = await importMigrations({
      '1.sql': `
        create role clerk;
        create extension citext schema public;
        create extension "uuid-ossp" schema public;
        create extension file_fdw schema public;
        create table public.people (id uuid primary key default uuid_generate_v4(), email citext check (email <> 'X'));
        create function public.add(email text) returns uuid language sql security definer set search_path = public
          as $$ insert into people (email) values (email) returning uuid_generate_v4() $$;
        grant usage on schema public to clerk;
        grant select, insert on public.people to clerk;
      `,
    });
    expect(project.access).toMatchObject({ unexplained: [], explained: [] });
    expect(project.access.compared).toBeGreaterThan(0);
    expect(noted(project, 'wider_grant')).toEqual([]);
    expect(noted(project, 'exposed_extension')).toEqual(['citext', 'file_fdw', 'uuid-ossp']);
  });
});

describe('an import of a column whose type is in the schema of an extension', () => {
  it('lets the roles use the schema that they could use, also where requests search no name in it', async () => {
    const project = await importMigrations({
      '1.sql': `
        create role clerk;
        create schema types;
        create extension isn schema types;
        create table public.books (id types.isbn primary key, title text);
        grant usage on schema public, types to clerk;
        grant select, insert on public.books to clerk;
      `,
    });
    expect(project.declaration.internalSchemas).toEqual([]);
    expect(project.files.get('migrations/1.sql')).toContain('grant usage on schema public, types to clerk;');
    expect(project.access.unexplained).toEqual([]);
  });
});

describe('an import of rules', () => {
  it('leaves out what changes a command, closes what it served, and names it', async () => {
    const project = await importMigrations({
      '1.sql': `
        create role clerk;
        create table public.notes (id int primary key, body text);
        create table public.log (what text);
        create view public.counted as select count(*) as n from public.notes;
        create rule add as on insert to public.counted do instead insert into public.notes values (new.n);
        create rule log as on update to public.notes do also insert into public.log values ('update');
        grant usage on schema public to clerk;
        grant select, insert on public.counted to clerk;
        grant select, update on public.notes to clerk;
        grant insert on public.log to clerk;
      `,
    });
    expect(project.notes.filter(({ reason }) => reason === 'rewrite_rule')).toEqual([
      { reason: 'rewrite_rule', object: 'public.counted', detail: 'add' },
      { reason: 'rewrite_rule', object: 'public.notes', detail: 'log' },
    ]);
    expect(noted(project, 'read_only_view')).toEqual([]);
    expect(project.declaration.views).toMatchObject([{ grants: [{ role: 'clerk', command: 'select' }] }]);
    expect(project.access.unexplained).toEqual([]);
    expect(project.access.compared).toBeGreaterThan(0);
  });
});

describe('an import of a function with a setting that only a superuser may make', () => {
  it('leaves out the setting, keeps the others, and names it', async () => {
    const project = await importDump(`
      CREATE ROLE clerk;
      CREATE FUNCTION public."limited"() RETURNS text
        LANGUAGE sql SET "temp_file_limit" TO '1kB'
        SET work_mem = '1MB'
        AS $$ SELECT 'SET temp_file_limit TO 1' $$;
      CREATE TABLE public.notes (id int PRIMARY KEY);
      GRANT SELECT ON public.notes TO clerk;
    `);
    expect(project.notes.filter(({ reason }) => reason === 'superuser_setting')).toEqual([
      { reason: 'superuser_setting', object: 'public.limited()', detail: 'temp_file_limit' },
    ]);
    expect(project.files.get('migrations/0001_baseline.sql')).toContain(
      `LANGUAGE sql\n        SET work_mem = '1MB'\n        AS $$ SELECT 'SET temp_file_limit TO 1' $$;`,
    );
    expect(project.access.unexplained).toEqual([]);
  });
});
