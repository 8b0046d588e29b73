import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import { scramVerifierOfRandom } from '../../postgres/scram-verifier.ts';
import { quoteIdentifier } from '../../postgres/quote.ts';
import { raw, statementsOf } from '../../postgres/statements.ts';
import { newClient } from '../../postgres/with-client.ts';
import { startPostgres, type LocalConnection } from '../../testing/servers/postgres-server.ts';

const statement = statementsOf('import/confined');

const DATABASE = 'imported';
/** Role that dumps name as the one that owns and grants. */
export const LOGIN = 'postgres';
/** Role that no SQL of the user may name. */
export const SUPERUSER = 'secured_postgrest_import';

/** An extension that only a superuser can create. */
export type UntrustedExtension = Readonly<Record<'name' | 'schema', string>>;

/** A Postgres that runs SQL of others: its login is no superuser, so no SQL starts a program or opens a file of this machine. */
export interface ConfinedPostgres {
  readonly connection: LocalConnection;
  /** Runs one statement as a superuser, in a transaction that ends with no other superuser. Returns those whom it met. */
  elevated(sql: string, searchPath?: string): Promise<readonly string[]>;
  /** Takes functions of extensions from PUBLIC, also later ones, as a deploy by a superuser does. Call it before SQL of the user. */
  closeExtensions(): Promise<void>;
  /** Creates extensions that only a superuser can create. Call it before SQL of the user. */
  addExtensions(extensions: readonly UntrustedExtension[]): Promise<void>;
  /** Lets the login set parameters of roles that Postgres does not know: from 15 on, that is for a superuser. */
  allowSettings(names: readonly string[]): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** @throws SecuredPostgrestError `missing_binary`, `start_failed` */
export async function startConfinedPostgres(): Promise<ConfinedPostgres> {
  const postgres = await startPostgres({ superuser: SUPERUSER, databases: [DATABASE] });
  const password = randomBytes(24).toString('base64url');
  const client = newClient(postgres.connection(DATABASE));
  const stop = async () => {
    await client.end().catch(() => {});
    await postgres.stop();
  };
  try {
    await client.connect();
    const login = { login: LOGIN, database: DATABASE, verifier: scramVerifierOfRandom(password) };
    await client.query(statement('make_login', login));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    connection: { ...postgres.connection(DATABASE), user: LOGIN, password },
    elevated: (sql, searchPath) => runElevated(client, sql, searchPath),
    closeExtensions: async () => {
      await client.query(statement('close_extensions', { superuser: SUPERUSER }));
    },
    addExtensions: async (extensions) => {
      for (const one of extensions) await client.query(statement('add_extension', { ...one, login: LOGIN }));
    },
    allowSettings: async (names) => {
      for (const name of names) {
        const parameter = raw(name.split('.').map(quoteIdentifier).join('.'));
        await client.query(statement('allow_setting', { parameter, login: LOGIN }));
      }
    },
    [Symbol.asyncDispose]: stop,
  };
}

async function runElevated(client: pg.ClientBase, sql: string, path: string | undefined): Promise<readonly string[]> {
  await client.query(statement('begin'));
  try {
    if (path !== undefined) await client.query(statement('set_search_path', { path }));
    await client.query(sql);
    const { rows } = await client.query<{ name: string }>(statement('other_superusers'));
    await client.query(statement('tame', { login: LOGIN }));
    await client.query('COMMIT');
    return rows.map(({ name }) => name);
  } catch (error) {
    await client.query('ROLLBACK').catch(() => {});
    throw error;
  }
}

/** Extensions of a database that only a superuser can create. */
export async function untrustedExtensions(client: pg.ClientBase): Promise<readonly UntrustedExtension[]> {
  return (await client.query<UntrustedExtension>(statement('untrusted_extensions'))).rows;
}

/** Search path of a session. */
export async function searchPathOf(client: pg.ClientBase): Promise<string> {
  const { rows } = await client.query<{ path: string }>(statement('search_path'));
  return rows[0]!.path;
}
