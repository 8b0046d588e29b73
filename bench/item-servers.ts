import { randomBytes } from 'node:crypto';
import { serverSettings } from '../compile/server/settings.ts';
import type { Declaration } from '../declaration/types.ts';
import { startPostgres, type LocalConnection, type PostgresServer } from '../testing/servers/postgres-server.ts';
import { postgrestBinary } from '../testing/servers/postgrest-binary.ts';
import { startPostgrest, type RunningPostgrest } from '../testing/servers/postgrest-server.ts';
import { createServerDirectory, type ServerDirectory } from '../testing/servers/server-directory.ts';
import { generateKey, publicKeySet, signToken, type PrivateKey } from '../tokens/index.ts';
import { itemsDeclaration } from './items.ts';
import { prepareItems } from './policies.ts';

/** Path of a request for the rows of its user. */
export const ITEMS_OF_USER = '/items?select=id,title';

/** A database with the rows of `items.ts`, and bare PostgREST servers in front of it. */
export class ItemServers implements AsyncDisposable {
  readonly connection: LocalConnection;
  /** Password of the servers' login. */
  readonly password: string;
  readonly key: PrivateKey;
  /** Token of a user who has rows. */
  readonly token: string;
  readonly #postgres: PostgresServer;
  readonly #secrets: ServerDirectory;
  readonly #places: { readonly databaseUri: string; readonly jwtSecret: string; readonly version: string };
  readonly #servers: RunningPostgrest[] = [];

  static async start(): Promise<ItemServers> {
    const postgres = await startPostgres();
    await postgres.createDatabase('bench');
    const password = randomBytes(24).toString('base64url');
    await prepareItems(postgres.connection('bench'), password);
    const key = await generateKey('ES256');
    const token = await signToken(key, { role: 'bench_user', claims: { user_id: 7 } });
    const { version } = await postgrestBinary();
    return new ItemServers(postgres, { password, key, token, version });
  }

  private constructor(
    postgres: PostgresServer,
    { password, key, token, version }: { password: string; key: PrivateKey; token: string; version: string },
  ) {
    this.#postgres = postgres;
    this.connection = postgres.connection('bench');
    this.password = password;
    this.key = key;
    this.token = token;
    this.#secrets = createServerDirectory();
    const login = { ...this.connection, user: itemsDeclaration.authenticator, password };
    this.#places = {
      databaseUri: `@${this.#secrets.writeSecret('database-uri', urlOf(login))}`,
      jwtSecret: `@${this.#secrets.writeSecret('jwks.json', JSON.stringify(publicKeySet([key])))}`,
      version,
    };
  }

  /** Settings of a server for a declaration. */
  settingsFor(declaration: Declaration): Record<string, string> {
    // `startPostgrest` puts the ports it finds in their place.
    return serverSettings(declaration, { ...this.#places, port: 3000, adminPort: 3001 });
  }

  /** Starts a server; returns its URL. */
  async serve(env: Record<string, string>): Promise<string> {
    const server = await startPostgrest({ env });
    this.#servers.push(server);
    return server.url;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop()));
    await this.#secrets.remove();
    await this.#postgres[Symbol.asyncDispose]();
  }
}

function urlOf({ host, port, database, user, password }: LocalConnection): string {
  return `postgresql://${user}:${password}@${host}:${port}/${database}`;
}
