import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { importDump } from '../../support/imported.ts';

const directory = mkdtempSync(join(tmpdir(), 'hostile-'));
// The server may run as another user.
chmodSync(directory, 0o777);
afterAll(() => rmSync(directory, { recursive: true }));

/** Code that runs a program, past any search of the text. */
const program = (name: string) => `EXECUTE 'CO' || 'PY (SELECT 1) TO PRO' || 'GRAM ''cat > ${join(directory, name)}'''`;
const quietly = (code: string) => `BEGIN ${code}; EXCEPTION WHEN OTHERS THEN NULL; END`;

const dump = `
CREATE ROLE reader;
CREATE ROLE chief SUPERUSER;
ALTER ROLE reader SUPERUSER;
GRANT pg_execute_server_program TO reader;
CREATE FUNCTION public.run(name text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN ${quietly(program('function'))}; RETURN true; END $$;
CREATE FUNCTION public.as_owner() RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER LEAKPROOF AS $$ BEGIN ${quietly(program('definer'))}; RETURN true; END $$;
ALTER FUNCTION public.as_owner() OWNER TO chief;
CREATE FUNCTION public.as_session() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN ${quietly('RESET SESSION AUTHORIZATION')}; ${quietly('RESET ROLE')}; ${quietly(program('session'))}; RETURN true; END $$;
CREATE FUNCTION public.on_ddl() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN ${quietly(program('event'))}; END $$;
CREATE EVENT TRIGGER on_ddl ON ddl_command_end EXECUTE FUNCTION public.on_ddl();
CREATE EXTENSION IF NOT EXISTS citext;
DO $$ BEGIN ${quietly(program('do'))}; END $$;
DO $$ BEGIN ${quietly('SET LOCAL ROLE chief')}; ${quietly(program('chief'))}; END $$;
DO $$ BEGIN ${quietly('SET LOCAL ROLE reader')}; ${quietly(program('reader'))}; END $$;
DO $$ BEGIN ${quietly(`PERFORM lo_export(lo_from_bytea(0, 'x'), '${join(directory, 'object')}')`)}; END $$;
CREATE TABLE public.items (id int PRIMARY KEY CHECK (public.as_session()), title text CHECK (public.run(title)));
ALTER TABLE public.items ENABLE ROW LEVEL SECURITY;
CREATE POLICY p ON public.items USING (public.as_session() AND public.as_owner());
GRANT SELECT, INSERT, UPDATE, DELETE ON public.items TO reader;
`;

it('an import runs no program and writes no file, whatever the schema says', { timeout: 300_000 }, async () => {
  const { declaration } = await importDump(dump);
  expect(declaration.tables.map(({ name }) => name)).toEqual(['items']);
  expect(readdirSync(directory)).toEqual([]);
});

it.each([
  ['a program', `COPY (SELECT 1) TO PROGRAM 'cat > ${join(directory, 'copy')}';`, /can only copy from its own lines/],
  [
    'a file',
    `CREATE TABLE t (a text);\nCOPY t FROM '/etc/passwd';`,
    /:2: a migration can only copy from its own lines/,
  ],
  ['the command of a shell', `\\! touch ${join(directory, 'shell')}\nSELECT 1;`, /psql|syntax error/],
  ['another file', '\\copy t from program id\n', /psql/],
  ['a library', "CREATE FUNCTION f() RETURNS int LANGUAGE c AS '/tmp/x.so', 'f';", /permission denied for language c/],
  ['the superuser', 'ALTER ROLE secured_postgrest_import PASSWORD NULL;', /permission denied/],
])('an import of a dump that reaches for %s is refused by name', { timeout: 120_000 }, async (_, sql, message) => {
  await expect(importDump(sql)).rejects.toThrow(message);
  expect(readdirSync(directory)).toEqual([]);
});
