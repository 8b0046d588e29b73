import { beforeAll, describe, expect, it } from 'vitest';
import type { ImportedProject } from '../../../import/import-schema.ts';
import { importDump, noted } from '../../support/imported.ts';

const dump = `\\restrict key
SET statement_timeout = 0;
SET check_function_bodies = false;
SELECT pg_catalog.set_config('search_path', '', false);
CREATE TYPE public.mpaa AS ENUM ('G', 'PG-13');
ALTER TYPE public.mpaa OWNER TO chinook;
CREATE DOMAIN public.year AS integer CONSTRAINT year_check CHECK (((VALUE >= 1901) AND (VALUE <= 2155)));
CREATE FUNCTION public.albums_of(artist integer) RETURNS SETOF integer LANGUAGE sql STABLE
    AS $$ SELECT "AlbumId" FROM public."Album" WHERE "ArtistId" = artist $$;
CREATE FUNCTION public.albums_of(artist text) RETURNS SETOF integer LANGUAGE sql STABLE
    AS $$ SELECT "AlbumId" FROM public."Album" $$;

--
-- Name: Album; Type: TABLE; Schema: public; Owner: chinook
--

CREATE TABLE public."Album" (
    "AlbumId" integer NOT NULL,
    "Title" character varying(160) NOT NULL,
    "ArtistId" integer NOT NULL,
    rating public.mpaa DEFAULT 'G'::public.mpaa,
    released public.year
);


ALTER TABLE public."Album" OWNER TO chinook;
CREATE TABLE public.payment (id integer NOT NULL, amount numeric(5,2), paid timestamp with time zone NOT NULL)
PARTITION BY RANGE (paid);
CREATE TABLE public.payment_2022 (id integer NOT NULL, amount numeric(5,2), paid timestamp with time zone NOT NULL);
ALTER TABLE ONLY public.payment ATTACH PARTITION public.payment_2022
    FOR VALUES FROM ('2022-01-01 00:00:00+00') TO ('2023-01-01 00:00:00+00');
CREATE VIEW public.titles AS SELECT "Title", rating FROM public."Album";
CREATE MATERIALIZED VIEW public.stats AS SELECT count(*) AS n FROM public."Album" WITH NO DATA;
CREATE SEQUENCE public.payment_id_seq START WITH 1;
COPY public."Album" ("AlbumId", "Title", "ArtistId", rating, released) FROM stdin;
1	For Those About To Rock	1	G	1981
2	Balls to the Wall	2	PG-13	\\N
\\.
SELECT pg_catalog.setval('public.payment_id_seq', 100, true);
ALTER TABLE ONLY public."Album" ADD CONSTRAINT "PK_Album" PRIMARY KEY ("AlbumId");
`;
const grants = `
GRANT USAGE ON SCHEMA public TO reader;
GRANT SELECT ON TABLE public."Album", public.titles, public.stats TO reader;
REVOKE ALL ON FUNCTION public.albums_of(text) FROM PUBLIC;
\\unrestrict key
`;

describe('an import of a dump', () => {
  let project: ImportedProject;
  beforeAll(async () => {
    project = await importDump(dump + grants);
  });

  it('makes the roles that the dump names, and takes names as they are', () => {
    expect(project.declaration.users.map(({ name }) => name)).toEqual(['reader']);
    expect(project.declaration.tables.map(({ name }) => name)).toEqual(['Album', 'payment', 'payment_2022']);
    expect(project.declaration.views.map(({ name }) => name)).toEqual(['titles']);
  });

  it('tells overloads apart where not all may be called', () => {
    expect(project.declaration.functions).toEqual([
      { schema: 'public', name: 'albums_of', arguments: ['integer'], execute: ['reader'], securityDefiner: false },
    ]);
  });

  it('writes a baseline without data, owners and grants', () => {
    const baseline = project.files.get('migrations/0001_baseline.sql')!;
    expect(baseline).toContain('-- Album\nCREATE TABLE public."Album" (');
    expect(baseline).toMatch(/^SET check_function_bodies = false;/);
    expect(baseline).not.toMatch(/OWNER|GRANT|COPY|setval|statement_timeout|restrict/);
  });

  it('keeps the rows for local work', () => {
    expect(project.files.get('seed.sql')).toBe(`SET session_replication_role = replica;
INSERT INTO "public"."Album" ("AlbumId", "Title", "ArtistId", "rating", "released") OVERRIDING SYSTEM VALUE VALUES
('1', 'For Those About To Rock', '1', 'G', '1981'),
('2', 'Balls to the Wall', '2', 'PG-13', NULL);
SELECT pg_catalog.setval('public.payment_id_seq', 100, true);
RESET session_replication_role;
`);
  });

  it('closes what no policy can protect, and reaches the same rows otherwise', () => {
    expect(noted(project, 'unprotected_relation')).toEqual(['public.stats']);
    expect(project.access.unexplained).toEqual([]);
  });
});

describe('an import of a dump without any grant', () => {
  it('declares every table, closed, with a role that may do nothing yet', async () => {
    const project = await importDump(dump);
    expect(noted(project, 'no_access')).toEqual(['public']);
    expect(project.declaration.users.map(({ name }) => name)).toEqual(['shop_user']);
    expect(project.declaration.tables.flatMap((table) => table.grants)).toEqual([]);
  });
});
