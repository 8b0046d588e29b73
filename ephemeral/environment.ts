import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { applyDeclaration } from '../apply/apply.ts';
import { createRoles } from '../apply/create-roles.ts';
import { failed } from '../apply/run-steps.ts';
import { serverSettings } from '../declaration/server-settings.ts';
import { lineAt } from '../declaration/sql-text.ts';
import type { Declaration, JsonWebKeySet, KeySource, SqlSource } from '../declaration/types.ts';
import { generateKey, loadVerificationKeys, publicKeySet, signToken, type TokenOptions } from '../jwt/index.ts';
import { startPostgres, type LocalConnection, type PostgresServer } from './postgres-server.ts';
import { postgrestBinary } from './postgrest-binary.ts';
import { startPostgrest } from './postgrest-server.ts';
import { createServerDirectory } from './server-directory.ts';
import { withClient } from './with-client.ts';

export interface EphemeralPostgrestOptions {
  /** Port of the API on 127.0.0.1. @default a free one */
  readonly port?: number | undefined;
  /** SQL that fills the tables, run in this order as the superuser, past all policies. @default none */
  readonly seed?: readonly SqlSource[];
}

/** A secured API with a database of its own, made from a declaration, gone after `stop`. */
export interface EphemeralPostgrest {
  /** Of the API, such as `http://127.0.0.1:41234`. */
  readonly url: string;
  /** Of the database, with the superuser and its password. */
  readonly databaseUrl: string;
  /**
   * A token that this environment trusts, signed with a key of its own, with the issuer and audience that the
   * declaration asks for. Any role name is taken, so that a test can show that an undeclared one gains nothing.
   */
  tokenFor(
    role: string,
    claims?: Readonly<Record<string, unknown>>,
    options?: Omit<TokenOptions, 'role' | 'claims'>,
  ): Promise<string>;
  /** Runs one statement as the superuser, past all policies, and returns its rows. */
  sql<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** What the two servers have printed, without secrets. */
  logs(): { readonly postgres: string; readonly postgrest: string };
  /** Ends both servers and removes their files. May be called again. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts Postgres, brings it to what is declared and starts PostgREST on it, all as child processes, without Docker.
 * The runner and the server settings are those of a deployment; the version of PostgREST is the installed one.
 *
 * Throws `missing_binary`, `start_failed`, `invalid_sql` for a seed that fails, and what applying a declaration throws.
 *
 * @example
 * await using api = await startEphemeralPostgrest(declaration, { seed: [{ file: 'seed.sql', sql: seed }] });
 * const token = await api.tokenFor('todos_user', { user_id: 1 });
 * const response = await fetch(`${api.url}/todos`, { headers: { Authorization: `Bearer ${token}` } });
 */
export async function startEphemeralPostgrest(
  declaration: Declaration,
  options: EphemeralPostgrestOptions = {},
): Promise<EphemeralPostgrest> {
  const { version } = await postgrestBinary();
  const postgres = await startPostgres();
  const secrets = createServerDirectory();
  try {
    const authenticatorPassword = randomBytes(24).toString('base64url');
    const admin = await createDatabase(postgres, declaration, authenticatorPassword, options.seed ?? []);
    const { key, keySet } = await createKey(declaration.keys);

    const authenticator = { ...admin, user: declaration.authenticator, password: authenticatorPassword };
    const postgrest = await startPostgrest({
      env: serverSettings(declaration, {
        databaseUri: `@${secrets.writeSecret('database-uri', urlOf(authenticator))}`,
        jwtSecret: `@${secrets.writeSecret('jwks.json', JSON.stringify(keySet))}`,
        // `startPostgrest` puts the ports it finds in their place.
        port: 3000,
        adminPort: 3001,
        version,
      }),
      port: options.port,
    });

    const pool = new pg.Pool({ ...admin, max: 4, allowExitOnIdle: true });
    // Sessions that nobody uses are cut off by `stop`, and that is no error.
    pool.on('error', () => {});
    const end = async () => {
      await Promise.all([postgrest.stop(), postgres.stop()]);
      await Promise.all([pool.end(), secrets.remove()]);
    };
    let stopped: Promise<void> | undefined;
    const stop = () => (stopped ??= end());
    const { issuer, audience } = declaration.tokens;
    return {
      url: postgrest.url,
      databaseUrl: urlOf(admin),
      tokenFor: (role, claims = {}, tokenOptions = {}) =>
        signToken(key, { ...(issuer && { issuer }), ...(audience && { audience }), ...tokenOptions, role, claims }),
      sql: async <Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []) =>
        (await pool.query<Row>(text, [...values])).rows,
      logs: () => ({ postgres: postgres.logs(), postgrest: postgrest.logs() }),
      stop,
      [Symbol.asyncDispose]: stop,
    };
  } catch (error) {
    await Promise.all([postgres.stop(), secrets.remove()]);
    throw error;
  }
}

async function createDatabase(
  postgres: PostgresServer,
  declaration: Declaration,
  authenticatorPassword: string,
  seed: readonly SqlSource[],
) {
  await postgres.createDatabase(declaration.name);
  const connection = postgres.connection(declaration.name);
  await withClient(connection, (client) => createRoles(client, declaration, { authenticator: authenticatorPassword }));
  await applyDeclaration(connection, declaration);
  for (const source of seed) await withClient(connection, (client) => runSeed(client, source));
  return connection;
}

async function runSeed(client: pg.ClientBase, { file, sql }: SqlSource): Promise<void> {
  await client.query(sql).catch((error: Error & { readonly position?: string }) => {
    const place = error.position === undefined ? file : `${file}:${lineAt(sql, Number(error.position) - 1)}`;
    failed('invalid_sql', place, error, 'correct the seed');
  });
}

/** A key of this environment's own, and the set of it and of whatever keys are declared to exist already. */
async function createKey(source: KeySource) {
  const generated = 'generate' in source;
  const key = await generateKey(generated ? source.generate : 'ES256');
  const existing = generated ? [] : loadVerificationKeys(source, '').keys;
  const keySet: JsonWebKeySet = { keys: [...existing, ...publicKeySet([key]).keys] };
  return { key, keySet };
}

function urlOf({ host, port, database, user, password }: LocalConnection): string {
  return `postgresql://${encodeURIComponent(user)}:${password}@${host}:${port}/${encodeURIComponent(database)}`;
}
