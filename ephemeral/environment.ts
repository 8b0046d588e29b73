import pg from 'pg';
import { clientOptions } from '../apply/connect.ts';
import { SecuredPostgrestError } from '../declaration/errors.ts';
import { serverSettings } from '../declaration/server-settings.ts';
import type { Declaration, SqlSource } from '../declaration/types.ts';
import { signToken, type TokenOptions } from '../jwt/index.ts';
import { accessMatrix, type AccessMatrix } from './access/matrix.ts';
import { sampleSubjects, type Subjects } from './access/subjects.ts';
import { createClient, type ApiClient } from './client.ts';
import { databaseUrl } from './database-url.ts';
import type { Host } from './host.ts';
import type { PostgrestServer } from './postgrest-server.ts';
import { createTrust, type Trust } from './trust.ts';

/** A secured API with a database of its own, made from a declaration, gone after `stop`. */
export interface EphemeralPostgrest {
  /** Of the API, such as `http://127.0.0.1:41234`. */
  readonly url: string;
  /** Of the database, with the admin and its password. */
  readonly databaseUrl: string;
  /** What it was made from. */
  readonly declaration: Declaration;
  /**
   * A token that this environment trusts, signed with a key of its own, with the issuer and audience that the
   * declaration asks for. Any role name is taken, so that a test can show that an undeclared one gains nothing. With
   * `now` in the past it is one of that time, so that a test of its expiry waits for nothing; PostgREST accepts a
   * token for 30 s longer, to allow for clocks that differ.
   *
   * @example
   * const now = new Date(Date.now() - 7_200_000);
   * const expired = await environment.tokenFor('todos_user', { user_id: 1 }, { now });
   */
  tokenFor(
    role: string,
    claims?: Readonly<Record<string, unknown>>,
    options?: Omit<TokenOptions, 'role' | 'claims'>,
  ): Promise<string>;
  /**
   * Somebody with such a token; without a role, somebody without a token.
   *
   * @example
   * const ann = await environment.as('todos_user', { user_id: 1 });
   * const response = await ann.fetch('/todos?select=title');
   */
  as(role?: string, claims?: Readonly<Record<string, unknown>>): Promise<ApiClient>;
  /** Runs one statement as the admin, past all policies where that is a superuser, and returns its rows. */
  sql<Row extends pg.QueryResultRow>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /**
   * Remembers the present data, for `restore` and `clone`; until then that is how the environment was started. Sessions
   * of others with the database end, and the API is away for a moment.
   */
  snapshot(): Promise<void>;
  /** Brings back what was remembered, likewise. */
  restore(): Promise<void>;
  /**
   * Starts one more, with a database of its own that has what was remembered. They share a server, and so its roles. It
   * ends with the environment that it comes from, if not before.
   */
  clone(): Promise<EphemeralPostgrest>;
  /**
   * Brings the running environment to another declaration, as a deploy would: in one transaction, with the API at the
   * same address. Where that can not be done, because a migration that has run is another one now, or the seed is, the
   * database is made anew. What fails leaves the API as it was.
   *
   * Throws what applying a declaration throws, and `invalid_sql` for a seed that fails.
   */
  apply(declaration: Declaration, options?: { readonly seed?: readonly SqlSource[] }): Promise<ApplyOutcome>;
  /**
   * Measures who reaches which rows of the present data, for every table and view, subject and command; nothing is changed.
   *
   * @param subjects @default one of each role, with samples of the claims that its policies read
   * @example
   * console.log(matrixText(await environment.access({ ann: { role: 'todos_user', claims: { user_id: 1 } } })));
   */
  access(subjects?: Subjects): Promise<AccessMatrix>;
  /** What the two servers have printed, without secrets. */
  logs(): { readonly postgres: string; readonly postgrest: string };
  /** Ends the API, and the servers that were started for it; nothing of it is left. May be called again. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface ApplyOutcome {
  /** Statements that changed access. */
  readonly changes: number;
  /** Migrations that ran, by file. */
  readonly migrations: readonly string[];
  /** Whether the database was made anew. */
  readonly rebuilt: boolean;
  /** Whether the API was away for a moment: for other settings of the server, or another database. */
  readonly restarted: boolean;
}

/** What an environment is started with; whatever has a state of its own follows from it. */
export interface EnvironmentParts {
  readonly host: Host;
  readonly declaration: Declaration;
  readonly seed: readonly SqlSource[];
  readonly trust: Trust;
  /** A kept database to begin with; it is retained as long as it is needed. */
  readonly snapshot: string;
  readonly port?: number | undefined;
  /** Ends what was started for this one alone; left out where others go on using it. */
  readonly endHost?: (() => Promise<void>) | undefined;
  /** Called when it has stopped. */
  readonly onStop?: ((environment: EphemeralPostgrest) => void) | undefined;
}

export async function startEnvironment(parts: EnvironmentParts): Promise<EphemeralPostgrest> {
  const { host, declaration, trust, snapshot, port } = parts;
  host.retain(snapshot);
  const database = await host.copy(snapshot, declaration);
  try {
    const server = await host.backend.startServer({
      declaration,
      database,
      password: host.password,
      keySet: trust.keySet,
      port,
    });
    return new Environment(parts, database, server);
  } catch (error) {
    await Promise.all([host.drop(database), host.release(snapshot)]);
    throw error;
  }
}

class Environment implements EphemeralPostgrest {
  readonly url: string;
  readonly databaseUrl: string;
  readonly #parts: EnvironmentParts;
  readonly #database: string;
  readonly #clones = new Set<EphemeralPostgrest>();
  #declaration: Declaration;
  #seed: readonly SqlSource[];
  #trust: Trust;
  #snapshot: string;
  #server: PostgrestServer;
  #pool: pg.Pool | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  constructor(parts: EnvironmentParts, database: string, server: PostgrestServer) {
    this.#parts = parts;
    this.#database = database;
    this.#declaration = parts.declaration;
    this.#seed = parts.seed;
    this.#trust = parts.trust;
    this.#snapshot = parts.snapshot;
    this.#server = server;
    this.url = server.url;
    this.databaseUrl = databaseUrl(parts.host.backend.connection(database));
  }

  get declaration(): Declaration {
    return this.#declaration;
  }

  tokenFor(
    role: string,
    claims: Readonly<Record<string, unknown>> = {},
    options: Omit<TokenOptions, 'role' | 'claims'> = {},
  ): Promise<string> {
    const { issuer, audience } = this.#declaration.tokens;
    const asked = { ...(issuer !== undefined && { issuer }), ...(audience !== undefined && { audience }) };
    return signToken(this.#trust.key, { ...asked, ...options, role, claims });
  }

  async as(role?: string, claims: Readonly<Record<string, unknown>> = {}): Promise<ApiClient> {
    const token = role === undefined ? undefined : await this.tokenFor(role, claims);
    const declaration = this.#declaration;
    const { backend, password } = this.#parts.host;
    const connection = { ...backend.connection(this.#database), user: declaration.authenticator, password };
    return createClient(
      { role: role ?? declaration.anonymous?.name ?? '', claims, token, url: this.url },
      { declaration, connection },
    );
  }

  async sql<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    return (await this.#sessions().query<Row>(text, [...values])).rows;
  }

  snapshot(): Promise<void> {
    return this.#inTurn(() => this.#away(() => this.#remember()));
  }

  restore(): Promise<void> {
    return this.#inTurn(() => this.#away(() => this.#bringBack()));
  }

  clone(): Promise<EphemeralPostgrest> {
    return this.#inTurn(async () => {
      const clone = await startEnvironment({
        ...this.#parts,
        declaration: this.#declaration,
        seed: this.#seed,
        trust: this.#trust,
        snapshot: this.#snapshot,
        port: undefined,
        endHost: undefined,
        onStop: (stopped) => this.#clones.delete(stopped),
      });
      this.#clones.add(clone);
      return clone;
    });
  }

  apply(declaration: Declaration, { seed = this.#seed } = {}): Promise<ApplyOutcome> {
    return this.#inTurn(async () => {
      if (JSON.stringify(seed) !== JSON.stringify(this.#seed)) return this.#rebuild(declaration, seed);
      try {
        return await this.#converge(declaration);
      } catch (error) {
        if (!(error instanceof SecuredPostgrestError) || !NEEDS_ANOTHER_DATABASE.includes(error.code)) throw error;
        return this.#rebuild(declaration, seed);
      }
    });
  }

  access(subjects = sampleSubjects(this.#declaration)): Promise<AccessMatrix> {
    return accessMatrix(this.#parts.host.backend.connection(this.#database), this.#declaration, subjects);
  }

  logs(): { readonly postgres: string; readonly postgrest: string } {
    return { postgres: this.#parts.host.backend.logs(), postgrest: this.#server.logs() };
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#inTurn(() => this.#end());
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #end(): Promise<void> {
    const { host, endHost, onStop } = this.#parts;
    await Promise.all([this.#server.stop(), ...[...this.#clones].map((clone) => clone.stop())]);
    // Busy sessions are cut off, and only then the pool comes to its end.
    await (endHost ? endHost() : Promise.all([host.drop(this.#database), host.release(this.#snapshot)]));
    await this.#pool?.end();
    onStop?.(this);
  }

  /** Applies to a copy of what is remembered first: what fails there has changed nothing. */
  async #converge(declaration: Declaration): Promise<ApplyOutcome> {
    const { host } = this.#parts;
    const before = this.#declaration;
    const next = await host.keepCopy(this.#snapshot, declaration);
    try {
      await host.apply(next, declaration);
      const { changes, migrations } = await host.apply(this.#database, declaration);
      const restarted = await this.#take(declaration, false);
      await host.release(this.#snapshot);
      this.#snapshot = next;
      return { changes, migrations, rebuilt: false, restarted };
    } catch (error) {
      await host.release(next);
      await host.createRoles(before).catch(() => {});
      throw error;
    }
  }

  async #rebuild(declaration: Declaration, seed: readonly SqlSource[]): Promise<ApplyOutcome> {
    const { host } = this.#parts;
    const before = this.#declaration;
    const next = await host.build(declaration, seed).catch(async (error: unknown) => {
      await host.createRoles(before).catch(() => {});
      throw error;
    });
    await host.release(this.#snapshot);
    this.#snapshot = next;
    this.#seed = seed;
    await this.#take(declaration, true);
    return { changes: 0, migrations: declaration.migrations.map(({ file }) => file), rebuilt: true, restarted: true };
  }

  /** From here on the environment is that of a declaration; answers whether its server had to be another one. */
  async #take(declaration: Declaration, anotherDatabase: boolean): Promise<boolean> {
    const [before, trust] = [this.#declaration, this.#trust];
    this.#declaration = declaration;
    const otherKeys = JSON.stringify(before.keys) !== JSON.stringify(declaration.keys);
    if (otherKeys) this.#trust = await createTrust(declaration.keys);
    const restart = anotherDatabase || otherKeys || serverOf(before) !== serverOf(declaration);
    const work = anotherDatabase ? () => this.#bringBack() : async () => {};
    if (restart) {
      await this.#away(work).catch(async (error: unknown) => {
        // The server does not start so: it is started as it was.
        [this.#declaration, this.#trust] = [before, trust];
        await this.#parts.host.apply(this.#database, before).catch(() => {});
        await this.#away(async () => {});
        throw error;
      });
    }
    return restart;
  }

  async #remember(): Promise<void> {
    const { host } = this.#parts;
    const next = await host.keepCopy(this.#database, this.#declaration);
    await host.release(this.#snapshot);
    this.#snapshot = next;
  }

  async #bringBack(): Promise<void> {
    const { host } = this.#parts;
    await host.drop(this.#database);
    await host.copy(this.#snapshot, this.#declaration, this.#database);
  }

  /** Does something that nobody may be connected for. */
  async #away(work: () => Promise<void>): Promise<void> {
    const { host } = this.#parts;
    await this.#server.stop();
    await host.cutOff(this.#database);
    await this.#pool?.end();
    this.#pool = undefined;
    try {
      await work();
    } finally {
      this.#server = await host.backend.startServer({
        declaration: this.#declaration,
        database: this.#database,
        password: host.password,
        keySet: this.#trust.keySet,
        port: this.#server.port,
      });
    }
  }

  #sessions(): pg.Pool {
    if (!this.#pool) {
      const options = clientOptions(this.#parts.host.backend.connection(this.#database));
      this.#pool = new pg.Pool({ ...options, max: 4, allowExitOnIdle: true });
      // Sessions that nobody uses may be cut off, and that is no error.
      this.#pool.on('error', () => {});
    }
    return this.#pool;
  }

  /** One after the other: each changes what the next begins with. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }
}

/** Codes of a database that was made from other migrations. */
const NEEDS_ANOTHER_DATABASE: readonly string[] = ['migration_changed', 'migration_out_of_order'];

/** Changes with whatever a server is started with, but its keys. */
function serverOf(declaration: Declaration): string {
  const places = { databaseUri: '', jwtSecret: '', port: 0, adminPort: 0 };
  return JSON.stringify([serverSettings(declaration, places), declaration.authenticator]);
}
