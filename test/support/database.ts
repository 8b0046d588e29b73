import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll } from 'vitest';
import { applyDeclaration, createRoles } from '../../apply/index.ts';
import type { Declaration } from '../../declaration/index.ts';
import { startPostgres, type LocalConnection, type PostgresServer } from '../../testing/servers/postgres-server.ts';
import { withClient } from '../../postgres/with-client.ts';

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

/** Owners, grants, row security, policies, functions and role settings of everything that is not Postgres' own. */
export function accessState(database: Pick<TestDatabase, 'sql'>): Promise<Row[]> {
  const acl = (column: string, kind: string, owner: string) =>
    `ARRAY(SELECT a::text FROM unnest(coalesce(${column}, acldefault('${kind}', ${owner}))) AS a ORDER BY 1)::text`;
  const own = `n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema'`;
  return database.sql(`
    SELECT 'schema' AS kind, nspname::text AS name, nspowner::regrole::text AS owner, ${acl('nspacl', 'n', 'nspowner')} AS acl, '' AS rest
    FROM pg_namespace AS n WHERE ${own}
    UNION ALL SELECT 'relation', c.oid::regclass::text, relowner::regrole::text,
      ${acl('relacl', 'r', 'relowner')}, concat(relrowsecurity, relforcerowsecurity, reloptions)
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace WHERE ${own} AND relkind <> 'S'
    UNION ALL SELECT 'sequence', c.oid::regclass::text, relowner::regrole::text, ${acl('relacl', 's', 'relowner')}, ''
    FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = relnamespace WHERE ${own} AND relkind = 'S'
    UNION ALL SELECT 'column', c.oid::regclass || '.' || attname, '', ${acl('attacl', 'c', 'relowner')}, ''
    FROM pg_attribute AS a JOIN pg_class AS c ON c.oid = attrelid JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE ${own} AND attnum > 0
    UNION ALL SELECT 'function', p.oid::regprocedure::text, proowner::regrole::text,
      ${acl('proacl', 'f', 'proowner')}, concat(prosecdef, proconfig, prosrc)
    FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = pronamespace WHERE ${own}
    UNION ALL SELECT 'type', t.oid::regtype::text, typowner::regrole::text, ${acl('typacl', 'T', 'typowner')}, ''
    FROM pg_type AS t JOIN pg_namespace AS n ON n.oid = typnamespace WHERE ${own} AND typtype IN ('d', 'e')
    UNION ALL SELECT 'policy', concat(polrelid::regclass, '.', polname), '', polroles::regrole[]::text,
      concat(polcmd, polpermissive, pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid))
    FROM pg_policy
    UNION ALL SELECT 'default', concat(defaclnamespace::regnamespace, defaclobjtype), defaclrole::regrole::text, defaclacl::text, ''
    FROM pg_default_acl
    UNION ALL SELECT 'database', datname, datdba::regrole::text, ${acl('datacl', 'd', 'datdba')}, ''
    FROM pg_database WHERE datname = current_database()
    UNION ALL SELECT 'setting', concat(setrole::regrole, setdatabase), '', '',
      ARRAY(SELECT unnest(setconfig) ORDER BY 1)::text FROM pg_db_role_setting
    ORDER BY 1, 2, 3`);
}
