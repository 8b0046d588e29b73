import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, LocalBackend, TerraformStack } from 'cdktf';
import { expect, it } from 'vitest';
import { DatabaseAccess, observe, PostgresDatabase, SecretsDirectory } from '../../constructs/index.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import { withClient } from '../../postgres/with-client.ts';
import { docker, freePort, runProgram } from '../support/deployment.ts';
import { rejection } from '../support/errors.ts';
import { notes } from '../support/notes.ts';
import { skipPgBouncer, startPgBouncer } from '../support/pgbouncer.ts';

const USERS = ['notes_user', 'notes_other'];
const PASSWORD = 'of every admin';

/** A server in a container, on which two admins that are no superusers may own a database. */
async function startServer(version: string) {
  const container = `existing-versions-${version}`;
  const port = await freePort();
  docker(
    ...['run', '--detach', '--rm', '--name', container, '--publish', `127.0.0.1:${port}:5432`],
    ...['--env', `POSTGRES_PASSWORD=${PASSWORD}`, '--env', 'POSTGRES_INITDB_ARGS=--no-sync'],
    ...['--tmpfs', '/var/lib/postgresql', process.env[`POSTGRES_${version}_IMAGE`]!, '-c', 'fsync=off'],
  );
  const connection = (user: string, database = 'notes') => ({
    ...{ host: '127.0.0.1', port, database, user, password: PASSWORD },
  });
  const sql = (user: string, text: string, database?: string) =>
    withClient(connection(user, database), async (client) => (await client.query<Record<string, unknown>>(text)).rows);
  await expect
    .poll(() => sql('postgres', 'SELECT', 'postgres').then(Boolean, () => false), { timeout: 120_000 })
    .toBe(true);
  for (const admin of ['first', 'second'])
    await sql('postgres', `CREATE ROLE ${admin} LOGIN CREATEROLE PASSWORD '${PASSWORD}'`, 'postgres');
  await sql('postgres', 'CREATE DATABASE notes OWNER first', 'postgres');
  return { connection, sql, stop: () => docker('rm', '--force', '--volumes', container) };
}

/** The access stack of a declaration, without servers, as Terraform runs it. */
function accessStack(port: number) {
  const directory = mkdtempSync(join(tmpdir(), 'existing versions '));
  writeFileSync(join(directory, 'password'), PASSWORD, { mode: 0o600 });
  const outdir = join(directory, 'cdktf.out');
  const secrets = () => new SecretsDirectory({ name: 'notes', directory: join(directory, 'secrets') });
  const terraform = async (...args: string[]) => {
    const { status, output } = await runProgram('terraform', args, {
      cwd: join(outdir, 'stacks', 'access'),
      env: { ...process.env, TF_CLI_CONFIG_FILE: undefined, CHECKPOINT_DISABLE: '1' },
    });
    if (status !== 0) throw new Error(`terraform ${args.join(' ')} failed:\n${output}`);
    return output;
  };
  return {
    terraform,
    async synth(adminUser: string, users: Parameters<typeof notes>[1] = {}) {
      const app = new App({ outdir });
      const stack = new TerraformStack(app, 'access');
      new LocalBackend(stack, { path: join(directory, 'state') });
      const database = PostgresDatabase.fromExisting(stack, 'database', {
        ...{ host: '127.0.0.1', internalHost: 'postgres', port, database: 'notes' },
        ...{ adminUser, adminPasswordFile: join(directory, 'password') },
      });
      new DatabaseAccess(stack, 'access', { declaration: notes('notes', users), database, secrets: secrets() });
      await observe(app);
      app.synth();
    },
    deploy: () => terraform('apply', '-auto-approve', '-no-color'),
    remove: () => rmSync(directory, { recursive: true }),
  };
}

it.concurrent.for([
  ['15', 'directly'],
  ['17', 'through PgBouncer in session mode'],
  ['18', 'directly'],
] as const)(
  'on PostgreSQL %s, admins that are no superusers deploy, change, share and remove, %s',
  async ([version, way], { skip }) => {
    if (way !== 'directly' && skipPgBouncer) skip('pgbouncer is not on the PATH');
    const server = await startServer(version);
    const admins = [server.connection('first'), server.connection('second')];
    const pgbouncer = way === 'directly' ? undefined : await startPgBouncer(admins, { pool_mode: 'session' });
    const stack = accessStack(pgbouncer?.port ?? admins[0]!.port);
    const roles = () =>
      server.sql('postgres', `SELECT rolname::text AS name FROM pg_roles WHERE rolname LIKE 'notes%' ORDER BY 1`);
    try {
      await stack.synth('first');
      await stack.terraform('init');
      await stack.deploy();
      expect(await server.sql('postgres', 'SELECT body FROM api.notes ORDER BY 1')).toEqual([
        { body: 'mine' },
        { body: 'yours' },
      ]);
      await stack.synth('first');
      expect(await stack.terraform('plan', '-no-color')).toContain('No changes.');

      const inheriting = (name: string) => ({
        roles: { anonymous: 'notes_anon', users: [...USERS, { name, inherits: ['notes_user'] }] },
      });
      await stack.synth('first', inheriting('notes_more'));
      await stack.deploy();
      expect(await roles()).toContainEqual({ name: 'notes_more' });

      // The second one made none of the roles.
      await server.sql('postgres', 'ALTER DATABASE notes OWNER TO second');
      const error = await rejection(stack.synth('second', inheriting('notes_more')));
      const all = (await roles()).map(({ name }) => quoteIdentifier(name as string)).join(', ');
      // Before 16, CREATEROLE is enough for the others.
      const [by, granted] = Number(version) < 16 ? ['second', '"notes_owner"'] : ['first', all];
      const grant = `GRANT ${granted} TO "second" WITH ADMIN OPTION`;
      expect(error.message).toContain(`run as "${by}": ${grant} [missing_privilege]`);
      await server.sql(by, grant, 'postgres');
      await stack.synth('second', inheriting('notes_instead'));
      await stack.deploy();
      expect((await roles()).map(({ name }) => name)).toEqual(
        expect.arrayContaining(['notes_instead', 'notes_authenticator']),
      );
      expect(await roles()).not.toContainEqual({ name: 'notes_more' });

      await stack.terraform('destroy', '-auto-approve', '-no-color');
      expect(await roles()).toEqual([]);
    } finally {
      stack.remove();
      await pgbouncer?.stop();
      server.stop();
    }
  },
);
