import { createHmac, randomBytes } from 'node:crypto';
import type pg from 'pg';
import { declaredRoles } from '../../compile/catalog-scope.ts';
import { connect, type DatabaseConnection } from '../../postgres/connect.ts';
import { createRoles } from '../../apply/create-roles.ts';
import { ownProgram } from '../../files/own-program.ts';
import { statementsOf } from '../../postgres/statements.ts';
import { refuse } from '../../errors/secured-postgrest-error.ts';
import type { Declaration } from '../../declaration/types.ts';
import type { Backend } from './backend.ts';
import { dropDatabase } from '../drop-database.ts';
import { startLocalServer } from '../servers/local-server.ts';
import type { NamedPostgrest } from '../servers/postgrest-binary.ts';
import { undoAfterDeath } from '../servers/reaper.ts';
import { createServerDirectory } from '../servers/server-directory.ts';
import { withClient } from '../../postgres/with-client.ts';

const statement = statementsOf('testing/existing');

/** Comment of the roles that an environment has created. An environment changes no other role. */
const TAG = 'secured-postgrest ephemeral';

/**
 * Starts environments on an existing Postgres, such as a CI's service, with PostgREST as a child process.
 * Environments with the same roles can be on it at the same time; the last one drops them.
 *
 * Throws `database_unreachable`.
 *
 * @param admin a superuser, or a role with CREATEDB and CREATEROLE; its database is one that is always there
 */
export async function startExistingBackend(
  admin: DatabaseConnection,
  { name }: Declaration,
  postgrest: NamedPostgrest | undefined,
): Promise<Backend> {
  const session = await connect(admin, 'impatient');
  await removeAbandonedDatabases(session, admin);
  const id = randomBytes(6).toString('hex');
  await session.query(statement('lock', { id }));

  const directory = createServerDirectory({ forReaper: true });
  const file = directory.writeSecret('admin.json', JSON.stringify(admin));
  const withdraw = undoAfterDeath([...ownProgram('testing/backends/drop-abandoned'), file, id]);
  // The idle session must not keep this process alive, a query must.
  const idle = session as pg.Client & { ref(): void; unref(): void };
  idle.unref();
  const busy = async <T>(work: () => Promise<T>) => {
    idle.ref();
    return work().finally(() => idle.unref());
  };
  return {
    connection: (database) => ({ ...admin, port: admin.port ?? 5432, database }),
    maintenanceDatabase: admin.database,
    // A database's name has 63 bytes at most.
    databasePrefix: `${name.slice(0, 24)}_ephemeral_${id}`,
    // Derived from the admin's password: environments that share the role must agree on its password.
    password: (role) => createHmac('sha256', admin.password).update(`${TAG} ${role}`).digest('base64url'),
    // The lock lasts until a database depends on the roles: another environment that ends could drop them before.
    createRoles: (declaration, password, then) =>
      busy(() =>
        withLock(session, ROLES, async () => {
          await withClient(admin, (client) => createTaggedRoles(client, declaration, password));
          return then();
        }),
      ),
    startServer: (options) => startLocalServer({ ...admin, database: options.database }, options, { postgrest }),
    logs: () => '',
    async stop() {
      idle.ref();
      await session.query(statement('unlock', { id }));
      await removeAbandonedDatabases(session, admin);
      await session.end();
      await withdraw();
      await directory.remove();
    },
  };
}

/** Waits until Postgres has ended the session of an environment, which on a busy machine outlives its process. */
export async function endOf(session: pg.ClientBase, id: string): Promise<void> {
  await withLock(session, id, () => Promise.resolve());
}

/** Drops the databases of environments that have ended, and the roles that nothing needs any more. */
export async function removeAbandonedDatabases(session: pg.ClientBase, admin: DatabaseConnection): Promise<void> {
  const { rows } = await session.query<{ name: string }>(statement('databases'));
  for (const { name } of rows) {
    const id = /_ephemeral_([0-9a-f]{12})/.exec(name)![1]!;
    const { rows: locks } = await session.query<{ acquired: boolean }>(statement('try_lock', { id }));
    if (!locks[0]!.acquired) continue;
    await dropDatabase(session, { ...admin, database: name });
    await session.query(statement('unlock', { id }));
  }
  await withLock(session, ROLES, async () => {
    const { rows: roles } = await session.query<{ name: string }>(statement('tagged_roles', { tag: TAG }));
    for (const { name } of roles) {
      await session.query(statement('drop_role', { role: name })).catch((error: { code?: string }) => {
        if (error.code !== STILL_NEEDED) throw error;
      });
    }
  });
}

/** Lock that serializes changes of roles. */
const ROLES = 'roles';
/** Postgres' error for a role that objects of another database depend on. */
const STILL_NEEDED = '2BP01';

async function withLock<T>(session: pg.ClientBase, id: string, work: () => Promise<T>): Promise<T> {
  await session.query(statement('lock', { id }));
  try {
    return await work();
  } finally {
    await session.query(statement('unlock', { id })).catch(() => {});
  }
}

async function createTaggedRoles(client: pg.ClientBase, declaration: Declaration, password: string): Promise<void> {
  const roles = declaredRoles(declaration);
  const { rows } = await client.query<{ name: string; tagged: boolean }>(
    statement('present_roles', { roles, tag: TAG }),
  );
  const foreign = rows.find(({ tagged }) => !tagged);
  if (foreign !== undefined) {
    refuse(
      'foreign_role',
      `declaration ${declaration.name}`,
      `the server has a role "${foreign.name}" that no environment has made`,
      'use a server without it; a deployment may need it',
    );
  }
  await client.query('BEGIN');
  try {
    await createRoles(client, declaration, { authenticator: password });
    for (const role of roles) await client.query(statement('tag_role', { role, tag: TAG }));
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}
