import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSigningKey, signToken } from '../../tokens/index.ts';
import { certificateAuthority } from '../support/certificates.ts';
import { compiled } from '../support/compiled.ts';
import { docker, engineObjects, freePort, root, type Run, runProgram } from '../support/deployment.ts';
import { postgrestImage } from '../support/images.ts';
import { runStacks } from '../support/stacks.ts';

/** The Postgres that is there already: none of it is made by a deploy. */
const SERVER = 'notes-existing-postgres';
const NETWORK = 'notes-existing';
const PASSWORDS = {
  postgres: 'superuser password',
  notes_admin: "admin's password",
  billing_reader: 'billing password',
};

const ADA = '00000000-0000-4000-8000-00000000000a';
const BOB = '00000000-0000-4000-8000-00000000000b';

const authority = certificateAuthority('the authority of the existing Postgres');

const directory = mkdtempSync(join(tmpdir(), 'deployment existing '));
let databasePort: number;
let apiPort: number;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  const running = engineObjects('container', 'notes');
  if (running.length > 0) throw new Error(`this engine already runs ${running.join(', ')}; remove them first`);
  [databasePort, apiPort] = [await freePort(), await freePort()];
  docker('network', 'create', NETWORK);
  docker(
    ...['run', '--detach', '--name', SERVER, '--network', NETWORK, '--publish', `127.0.0.1:${databasePort}:5432`],
    ...['--env', `POSTGRES_PASSWORD=${PASSWORDS.postgres}`, process.env['POSTGRES_18_IMAGE']!],
  );
  await untilReady();
  await onlyWithTls();
  await sql('postgres', 'postgres', `CREATE ROLE notes_admin LOGIN CREATEROLE PASSWORD '${quoted('notes_admin')}'`);
  await sql('postgres', 'postgres', 'CREATE DATABASE notes OWNER notes_admin');
  await sql('postgres', 'notes', otherPeoplesThings());

  const app = `node ${JSON.stringify(compiled('examples/existing/main.js'))}`;
  writeFileSync(join(directory, 'cdktf.json'), JSON.stringify({ app }));
  writeFileSync(join(directory, 'authority.pem'), authority.certificate);
  writeFileSync(join(directory, 'another authority.pem'), certificateAuthority('another').certificate);
  writeFileSync(join(directory, 'admin password'), `${PASSWORDS.notes_admin}\n`, { mode: 0o600 });
  env = {
    ...process.env,
    TF_CLI_CONFIG_FILE: undefined,
    CHECKPOINT_DISABLE: '1',
    DATABASE_HOST: '127.0.0.1',
    DATABASE_PORT: String(databasePort),
    DATABASE_ADMIN: 'notes_admin',
    DATABASE_PASSWORD_FILE: 'admin password',
    DATABASE_ROOT_CERTIFICATE: 'authority.pem',
    DATABASE_INTERNAL_HOST: SERVER,
    DATABASE_INTERNAL_PORT: '5432',
    DATABASE_NETWORK: NETWORK,
    POSTGREST_IMAGE: postgrestImage,
    API_PORT: String(apiPort),
  };
});

afterAll(async () => {
  if (readdirSync(directory).some((file) => file.endsWith('.tfstate'))) await run('destroy').catch(() => undefined);
  const left = engineObjects('container', 'notes');
  docker('container', 'rm', '--force', '--volumes', SERVER, ...left);
  const volumes = engineObjects('volume', 'notes');
  if (volumes.length > 0) docker('volume', 'rm', '--force', ...volumes);
  docker('network', 'rm', NETWORK);
  rmSync(directory, { recursive: true, force: true });
});

type User = keyof typeof PASSWORDS;

function quoted(user: User): string {
  return PASSWORDS[user].replaceAll("'", "''");
}

async function sql(user: User, database: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({
    ...{ host: '127.0.0.1', port: databasePort, database, user, password: PASSWORDS[user] },
    ssl: withTls && { ca: authority.certificate },
  });
  await client.connect();
  try {
    const result = (await client.query(text)) as pg.QueryResult | pg.QueryResult[];
    return (Array.isArray(result) ? result.at(-1)! : result).rows as Record<string, unknown>[];
  } finally {
    await client.end();
  }
}

async function untilReady(): Promise<void> {
  for (const deadline = Date.now() + 60_000; ; await new Promise((resolve) => setTimeout(resolve, 200))) {
    try {
      await sql('postgres', 'postgres', 'SELECT 1');
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
  }
}

let withTls = false;

/** From now on the server has a certificate, which names it as the servers and who deploys reach it. */
async function onlyWithTls(): Promise<void> {
  const script = `umask 077; cat >$PGDATA/server.pem; sed -i 's/^host /hostssl /' $PGDATA/pg_hba.conf`;
  execFileSync('docker', ['exec', '--interactive', '--user', 'postgres', SERVER, 'sh', '-ec', script], {
    input: authority.issue(SERVER, '127.0.0.1'),
  });
  for (const setting of ["ssl_cert_file = 'server.pem'", "ssl_key_file = 'server.pem'", 'ssl = on'])
    await sql('postgres', 'postgres', `ALTER SYSTEM SET ${setting}`);
  docker('restart', SERVER);
  withTls = true;
  await untilReady();
}

/** Another application in the same database, with rights of its own. */
function otherPeoplesThings(): string {
  return `
    CREATE ROLE billing_owner;
    CREATE ROLE billing_reader LOGIN PASSWORD '${quoted('billing_reader')}';
    GRANT CONNECT ON DATABASE notes TO billing_reader;
    CREATE SCHEMA billing AUTHORIZATION billing_owner;
    SET ROLE billing_owner;
    CREATE TABLE billing.invoices (id int PRIMARY KEY, customer text NOT NULL);
    INSERT INTO billing.invoices VALUES (1, 'ada'), (2, 'bob');
    CREATE FUNCTION billing.total() RETURNS bigint LANGUAGE sql AS 'SELECT count(*) FROM billing.invoices';
    GRANT USAGE ON SCHEMA billing TO PUBLIC;
    GRANT SELECT ON billing.invoices TO billing_reader;
    ALTER DEFAULT PRIVILEGES IN SCHEMA billing GRANT SELECT ON TABLES TO billing_reader;
    ALTER TABLE billing.invoices ENABLE ROW LEVEL SECURITY;
    CREATE POLICY first ON billing.invoices TO billing_reader USING (id = 1);`;
}

/** Everything of the other application that a deploy could have changed. */
function others(): Promise<Record<string, unknown>[]> {
  return sql(
    'postgres',
    'notes',
    `SELECT ARRAY(SELECT row(n.nspname, n.nspowner, n.nspacl)::text FROM pg_namespace AS n
               WHERE n.nspname IN ('billing', 'public') ORDER BY 1) AS schemas,
       ARRAY(SELECT row(c.relname, c.relowner, c.relacl, c.relrowsecurity, c.relforcerowsecurity)::text FROM pg_class AS c
               WHERE c.relnamespace = 'billing'::regnamespace ORDER BY 1) AS relations,
       ARRAY(SELECT row(p.proname, p.proowner, p.proacl)::text FROM pg_proc AS p
               WHERE p.pronamespace = 'billing'::regnamespace ORDER BY 1) AS functions,
       ARRAY(SELECT p::text FROM pg_policies AS p WHERE schemaname = 'billing') AS policies,
       ARRAY(SELECT row(d.defaclrole, d.defaclobjtype, d.defaclacl)::text FROM pg_default_acl AS d
               WHERE d.defaclnamespace = 'billing'::regnamespace) AS default_privileges,
       ARRAY(SELECT row(r.rolname, r.rolconfig)::text FROM pg_roles AS r WHERE r.rolname LIKE 'billing%' ORDER BY 1) AS roles`,
  );
}

async function run(command: 'deploy' | 'destroy'): Promise<Run> {
  const result = await tryRun(command);
  if (result.status !== 0) throw new Error(`${command} failed:\n${result.output}`);
  return result;
}

function tryRun(command: 'deploy' | 'destroy', further: NodeJS.ProcessEnv = {}): Promise<Run> {
  return runStacks(command, { cwd: directory, env: { ...env, ...further } });
}

const TLS = ['--sslmode', 'verify-full', '--ssl-root-certificate', 'authority.pem'];

/** This package's own command line, as the admin. */
function cli(...command: string[]): Promise<Run> {
  const connection = ['--host', '127.0.0.1', '--port', String(databasePort), '--database', 'notes', ...TLS];
  const admin = ['--user', 'notes_admin', '--password-file', 'admin password'];
  const args = [command[0]!, ...connection, ...admin, ...command.slice(1)];
  return runProgram(process.execPath, [compiled('cli/main.js'), ...args], { cwd: directory, env });
}

const declaration = join(root, 'examples/existing/declaration.ts');
const diff = () => cli('diff', declaration);
const apply = () => cli('apply', '--declaration', declaration);

async function ask(subject?: string, body?: object): Promise<Response> {
  const key = loadSigningKey({ generate: 'ES256' }, join(directory, '.secrets/notes/keys'))!;
  const token = subject && (await signToken(key, { role: 'notes_user', subject }));
  return fetch(`http://127.0.0.1:${apiPort}/notes?select=text&order=text`, {
    headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
  });
}

async function textsOf(subject: string): Promise<string[]> {
  const response = await ask(subject);
  expect(response.status).toBe(200);
  return ((await response.json()) as { text: string }[]).map(({ text }) => text);
}

let untouched: Record<string, unknown>[];

describe('an existing Postgres whose admin is no superuser', () => {
  it('gets an API', async () => {
    untouched = await others();
    const { output } = await run('deploy');
    expect(output).toContain(`notes_url = "http://127.0.0.1:${apiPort}"`);
  });

  it('shows everybody only their own rows, and nothing without a token', async () => {
    expect((await ask()).status).toBe(401);
    expect((await ask(ADA, { text: 'by ada' })).status).toBe(201);
    expect((await ask(BOB, { text: 'by bob' })).status).toBe(201);
    expect((await ask(ADA, { text: 'not by bob', owner: BOB })).status).toBe(403);
    expect(await textsOf(ADA)).toEqual(['by ada']);
    expect(await textsOf(BOB)).toEqual(['by bob']);
  });

  it('is reached over TLS only', async () => {
    const text = `SELECT DISTINCT usename::text, version FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
      WHERE client_addr IS NOT NULL AND datname = 'notes' ORDER BY 1`;
    expect(await sql('postgres', 'notes', text)).toEqual([
      { usename: 'notes_authenticator', version: 'TLSv1.3' },
      { usename: 'postgres', version: 'TLSv1.3' },
    ]);
  });

  it('is not believed with the certificate of another authority, and the API stays as it was', async () => {
    const before = engineObjects('container', 'notes').map((name) => docker('inspect', '--format', '{{.Id}}', name));
    const { status, output } = await tryRun('deploy', { DATABASE_ROOT_CERTIFICATE: 'another authority.pem' });
    expect(status).not.toBe(0);
    expect(output).toContain('certificate signed by unknown authority');
    const after = engineObjects('container', 'notes').map((name) => docker('inspect', '--format', '{{.Id}}', name));
    expect(after).toEqual(before);
    expect(await textsOf(ADA)).toEqual(['by ada']);

    const run = await cli('diff', declaration, '--ssl-root-certificate', 'another authority.pem');
    expect(run.status).toBe(1);
    expect(run.output).toMatch(/its certificate is not accepted.*another authority\.pem.*\[database_unreachable\]/);
  });

  it('says "No changes" when it is deployed again', async () => {
    const { output } = await run('deploy');
    expect(output).toContain('No changes.');
    expect(output).not.toMatch(/(Creating|Modifying|Destroying)\.\.\./);
  });

  it('loses what was opened by hand with the next run; `diff` shows it before', async () => {
    expect(await diff()).toEqual({ status: 0, output: '-- no difference\n' });
    await sql(
      'notes_admin',
      'notes',
      `CREATE TABLE notes_api.by_hand (note text);
       INSERT INTO notes_api.by_hand VALUES ('of nobody');
       GRANT SELECT ON notes_api.by_hand TO notes_user;
       CREATE POLICY everything ON notes_api.notes FOR SELECT TO notes_user USING (true);
       GRANT TRUNCATE ON notes_api.notes TO notes_user;
       GRANT SELECT ON notes_api.notes TO PUBLIC;
       CREATE FUNCTION notes_api.all_notes() RETURNS SETOF notes_api.notes LANGUAGE sql SECURITY DEFINER
         AS 'SELECT * FROM notes_api.notes';
       NOTIFY pgrst, 'reload schema';`,
    );
    expect(await textsOf(ADA)).toEqual(['by ada', 'by bob']);

    const { status, output } = await diff();
    expect(status).toBe(2);
    expect(output.trim().split('\n').sort()).toMatchInlineSnapshot(`
      [
        "ALTER ROUTINE notes_api.all_notes() OWNER TO "notes_owner";",
        "ALTER TABLE "notes_api"."by_hand" ENABLE ROW LEVEL SECURITY;",
        "ALTER TABLE "notes_api"."by_hand" FORCE ROW LEVEL SECURITY;",
        "ALTER TABLE "notes_api"."by_hand" OWNER TO "notes_owner";",
        "DROP POLICY "everything" ON "notes_api"."notes";",
        "GRANT SELECT, INSERT("text"), UPDATE("text"), DELETE ON TABLE "notes_api"."notes" TO "notes_user";",
        "REVOKE ALL ON ROUTINE notes_api.all_notes() FROM PUBLIC CASCADE;",
        "REVOKE ALL ON TABLE "notes_api"."by_hand" FROM "notes_user" CASCADE;",
        "REVOKE ALL ON TABLE "notes_api"."notes" FROM "notes_user" CASCADE;",
        "REVOKE ALL ON TABLE "notes_api"."notes" FROM PUBLIC CASCADE;",
      ]
    `);
    expect(await textsOf(ADA)).toEqual(['by ada', 'by bob']);

    expect(await apply()).toMatchObject({ status: 0 });
    expect(await textsOf(ADA)).toEqual(['by ada']);
    expect((await fetch(`http://127.0.0.1:${apiPort}/by_hand`)).status).toBe(401);
    expect(await diff()).toEqual({ status: 0, output: '-- no difference\n' });
  });

  it('refuses what a superuser owns in a managed schema, which its admin cannot close', async () => {
    await sql('postgres', 'notes', 'CREATE TABLE notes_api.by_superuser (id int)');
    const { status, output } = await apply();
    expect(status).toBe(1);
    expect(output).toContain('notes_api.by_superuser');
    await sql('postgres', 'notes', 'DROP TABLE notes_api.by_superuser');
  });

  it('loses everything of ours with destroy, whatever was added by hand, and keeps the data, closed', async () => {
    await sql(
      'notes_admin',
      'notes',
      `CREATE TABLE notes_api.more (id serial);
       GRANT ALL ON notes_api.more, notes_api.notes TO notes_user WITH GRANT OPTION;
       CREATE POLICY more ON notes_api.notes TO notes_user, notes_authenticator USING (true);
       CREATE VIEW notes_api.texts AS SELECT text FROM notes_api.notes;
       CREATE SCHEMA notes_more;
       GRANT ALL ON SCHEMA notes_more TO notes_user, notes_owner;
       ALTER DEFAULT PRIVILEGES IN SCHEMA notes_more GRANT SELECT ON TABLES TO notes_user;
       GRANT CREATE ON DATABASE notes TO notes_user;
       SET ROLE notes_owner;
       CREATE TABLE notes_more.by_owner (id int);
       CREATE TYPE notes_api.mood AS ENUM ('good');`,
    );
    await sql(
      'postgres',
      'notes',
      'CREATE TABLE notes_more.by_user (id int); ALTER TABLE notes_more.by_user OWNER TO notes_user',
    );
    await run('destroy');
    for (const kind of ['container', 'volume', 'network'] as const) expect(engineObjects(kind, 'notes')).toEqual([]);
    expect(await sql('postgres', 'notes', `SELECT rolname FROM pg_roles WHERE rolname ~ '^notes'`)).toEqual([
      { rolname: 'notes_admin' },
    ]);
    // The tables still bind their owner, who is the admin now; only the transaction of this query lifts that.
    const lifted = 'BEGIN; ALTER TABLE notes_api.notes NO FORCE ROW LEVEL SECURITY; SELECT text FROM notes_api.notes';
    expect(await sql('notes_admin', 'notes', 'SELECT text FROM notes_api.notes')).toEqual([]);
    expect(await sql('notes_admin', 'notes', lifted)).toEqual([{ text: 'by ada' }, { text: 'by bob' }]);
    await expect(sql('billing_reader', 'notes', 'SELECT FROM notes_api.notes')).rejects.toThrow('permission denied');
  });

  it('finds its data when it is deployed again', async () => {
    await run('deploy');
    expect(await textsOf(ADA)).toEqual(['by ada']);
    expect((await ask()).status).toBe(401);
    expect(await diff()).toEqual({ status: 0, output: '-- no difference\n' });
  });

  it('leaves alone what others have in the database', async () => {
    expect(await others()).toEqual(untouched);
    const invoices = await sql('billing_reader', 'notes', 'SELECT customer, billing.total() FROM billing.invoices');
    expect(invoices).toEqual([{ customer: 'ada', total: '1' }]);
  });
});
