import { randomBytes } from 'node:crypto';
import { applyDeclaration, createRoles } from '../../apply/index.ts';
import { serverSettings } from '../../compile/server/settings.ts';
import { withClient } from '../../postgres/with-client.ts';
import { startPostgres, type LocalConnection, type PostgresServer } from '../../testing/servers/postgres-server.ts';
import { namedPostgrest, postgrestBinary } from '../../testing/servers/postgrest-binary.ts';
import { startPostgrest, type RunningPostgrest } from '../../testing/servers/postgrest-server.ts';
import { createServerDirectory, type ServerDirectory } from '../../testing/servers/server-directory.ts';
import { publicKeySet, signToken, type PrivateKey } from '../../tokens/index.ts';
import { fillTables, scalingDeclaration, TENANT, USER } from './declaration.ts';

/** Claims that the policies read. */
const claims = { user_id: USER, tenant_id: TENANT };

export interface ServeOptions {
  /** Key that verifies tokens. */
  readonly key: PrivateKey;
  /** @default no limit but the declaration's */
  readonly poolSize?: number;
  /** @default true */
  readonly preRequest?: boolean;
  /** True for PostgREST's token cache, false without one. @default as this package sets it */
  readonly cache?: boolean;
  /** Port of a pooler. @default Postgres itself */
  readonly databasePort?: number;
  readonly database?: string;
  /** Path of another PostgREST. @default npm's */
  readonly binary?: string;
}

/** A Postgres with the settings of a deployed one, as far as they cost CPU time, and PostgREST servers in front of it. */
export class ScalingServers implements AsyncDisposable {
  readonly postgres: PostgresServer;
  readonly connection: LocalConnection;
  readonly login: LocalConnection;
  readonly #secrets: ServerDirectory;
  readonly #servers: RunningPostgrest[] = [];
  #files = 0;

  static async start(): Promise<ScalingServers> {
    const postgres = await startPostgres({
      databases: ['bench'],
      settings: {
        wal_level: 'replica',
        fsync: 'on',
        full_page_writes: 'on',
        synchronous_commit: 'on',
        shared_buffers: '128MB',
        jit: 'off',
      },
    });
    const connection = postgres.connection('bench');
    const password = randomBytes(24).toString('base64url');
    await withClient(connection, (client) => createRoles(client, scalingDeclaration, { authenticator: password }));
    await applyDeclaration(connection, scalingDeclaration);
    await withClient(connection, async (client) => {
      for (const sql of fillTables) await client.query(sql);
    });
    return new ScalingServers(postgres, { ...connection, user: scalingDeclaration.authenticator, password });
  }

  private constructor(postgres: PostgresServer, login: LocalConnection) {
    this.postgres = postgres;
    this.connection = postgres.connection('bench');
    this.login = login;
    this.#secrets = createServerDirectory();
  }

  async serve({ key, poolSize, preRequest = true, cache, ...more }: ServeOptions): Promise<RunningPostgrest> {
    const { binary, databasePort = this.login.port, database = 'bench' } = more;
    const { version } = await postgrestBinary(undefined, namedPostgrest(binary));
    const { host, user, password } = this.login;
    const places = {
      databaseUri: this.#secret(`postgresql://${user}:${password}@${host}:${databasePort}/${database}`),
      jwtSecret: this.#secret(JSON.stringify(publicKeySet([key]))),
      port: 3000,
      adminPort: 3001,
      version,
    };
    const env = serverSettings(scalingDeclaration, places);
    if (poolSize !== undefined) env['PGRST_DB_POOL'] = String(poolSize);
    if (!preRequest) delete env['PGRST_DB_PRE_REQUEST'];
    if (cache !== undefined) {
      const isByEntries = 'PGRST_JWT_CACHE_MAX_ENTRIES' in env;
      env[isByEntries ? 'PGRST_JWT_CACHE_MAX_ENTRIES' : 'PGRST_JWT_CACHE_MAX_LIFETIME'] = cache ? '3600' : '0';
    }
    const server = await startPostgrest({ env, ...(binary !== undefined && { binary }), startTimeoutMs: 120_000 });
    this.#servers.push(server);
    return server;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop()));
    await this.#secrets.remove();
    await this.postgres[Symbol.asyncDispose]();
  }

  #secret(text: string): string {
    return `@${this.#secrets.writeSecret(`secret-${++this.#files}`, text)}`;
  }
}

/** A token of the user, with so many more bytes in a claim. */
export function tokenOf(key: PrivateKey, moreBytes = 0): Promise<string> {
  const more = moreBytes === 0 ? {} : { more: 'x'.repeat(moreBytes) };
  return signToken(key, { role: 'bench_user', claims: { ...claims, ...more }, expiresIn: 24 * 3600 });
}
