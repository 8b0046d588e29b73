import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { applyDeclaration, createRoles } from '../../apply/index.ts';
import type { Declaration } from '../../declaration/index.ts';
import { startPostgres, type LocalConnection, type PostgresServer } from '../../ephemeral/postgres-server.ts';
import { withClient } from '../../ephemeral/with-client.ts';

/** Who applies: a superuser, or a role with LOGIN and CREATEROLE that owns the database, as a hosted Postgres has. */
export const ADMINS = ['superuser', 'database owner'] as const;
export type Admin = (typeof ADMINS)[number];

export type Row = Record<string, unknown>;

/** A database of its own; its name is also the prefix of the roles, which belong to the whole cluster. */
export interface TestDatabase {
  readonly name: string;
  readonly admin: LocalConnection;
  readonly superuser: LocalConnection;
  /** Runs SQL as the superuser, past all policies. */
  sql(text: string, values?: unknown[]): Promise<Row[]>;
  /** Makes the roles as the admin, and applies as the admin. */
  apply(declaration: Declaration): ReturnType<typeof applyDeclaration>;
  /** Runs one statement as PostgREST does: the authenticator becomes the role and sets the claims; nothing is kept. */
  request(role: string, claims: unknown, text: string): Promise<Row[]>;
}

const PASSWORD = randomBytes(12).toString('hex');

/** One cluster for a test file; `database()` makes a database in it. */
export function useCluster(settings: Readonly<Record<string, string>> = {}) {
  let postgres: PostgresServer;
  let count = 0;
  beforeAll(async () => {
    postgres = await startPostgres({ settings });
  });
  afterAll(() => postgres.stop());

  return {
    server: () => postgres,
    async database(admin: Admin = 'superuser'): Promise<TestDatabase> {
      const name = `t${++count}`;
      await postgres.createDatabase(name);
      const superuser = postgres.connection(name);
      const sql = (text: string, values: unknown[] = []) =>
        withClient(superuser, async (client) => (await client.query<Row>(text, values)).rows);
      if (admin === 'database owner') {
        await sql(`CREATE ROLE ${name}_admin LOGIN CREATEROLE PASSWORD '${PASSWORD}'`);
        await sql(`ALTER DATABASE ${name} OWNER TO ${name}_admin`);
      }
      const connection =
        admin === 'superuser' ? superuser : { ...superuser, user: `${name}_admin`, password: PASSWORD };
      return {
        name,
        admin: connection,
        superuser,
        sql,
        async apply(declaration) {
          await withClient(connection, (client) => createRoles(client, declaration, { authenticator: PASSWORD }));
          return applyDeclaration(connection, declaration);
        },
        request: (role, claims, text) =>
          withClient({ ...superuser, user: `${name}_authenticator`, password: PASSWORD }, async (client) => {
            await client.query('BEGIN');
            await client.query(`SET LOCAL ROLE ${pg.escapeIdentifier(role)}`);
            if (claims !== undefined) {
              const text = typeof claims === 'string' ? claims : JSON.stringify(claims);
              await client.query(`SELECT set_config('request.jwt.claims', $1, true)`, [text]);
            }
            return (await client.query<Row>(text)).rows;
          }),
      };
    },
  };
}
