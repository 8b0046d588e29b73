import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { ApplyResult } from '../apply/apply.ts';
import { untilSchemaRead } from '../apply/schema-reads.ts';
import { statementsOf } from '../postgres/statements.ts';
import { didYouMean } from '../errors/did-you-mean.ts';
import { refuse, SecuredPostgrestError } from '../errors/secured-postgrest-error.ts';
import { providerOf, tokenClaims } from '../declaration/keys/provider.ts';
import { serverSettings } from '../compile/server/settings.ts';
import type { Declaration, SqlSource } from '../declaration/types.ts';
import { encryptToken, signToken, type TokenOptions } from '../tokens/index.ts';
import { accessMatrix, type AccessMatrix } from '../access/matrix.ts';
import { sampleSubjects, type Subjects } from '../access/subjects.ts';
import { createClient, type ApiClient } from './client.ts';
import { databaseUrl } from './servers/database-url.ts';
import type { Host } from './host.ts';
import { QueryPool } from './pool.ts';
import type { RunningPostgrest } from './servers/postgrest-server.ts';
import type { DatabaseState } from './snapshot-rows.ts';
import type { Prepared, Recipe } from './spares.ts';
import { checkRole, tokenOptions } from './token-options.ts';
import { createTrust, type Trust } from './trust.ts';

const statement = statementsOf('access/probes');

/** Claims of an environment's token besides those that are given as such, and its encryption. */
export interface EnvironmentTokenOptions extends Omit<TokenOptions, 'role' | 'claims'> {
  /** True to encrypt the token as well. @default true where the declaration requires it */
  readonly isEncrypted?: boolean;
}

/** A secured API with a database of its own, made from a declaration, gone after `stop`. */
export interface EphemeralPostgrest {
  /** URL of the API, such as `http://127.0.0.1:41234`. */
  readonly url: string;
  /** URL of the database, with the admin and its password. */
  readonly databaseUrl: string;
  /** Its declaration. */
  readonly declaration: Declaration;
  /**
   * A token that this environment trusts, signed with a key of its own, with the issuer and audience that the
   * declaration asks for, encrypted where it requires that, and a subject (`sample`) where it asks for one. Claims may be any, also the registered ones such
   * as `sub` or `exp` (RFC 7519, 4.1), as they are in the token. Any role name is taken, so that a test can show that an
   * undeclared one gains nothing. With `now` in the past it is one of that time, so that a test of its expiry waits for
   * nothing; PostgREST accepts a token for 30 s longer, to allow for clocks that differ.
   *
   * @example
   * const now = new Date(Date.now() - 7_200_000);
   * const expired = await environment.tokenFor('todos_user', { user_id: 1 }, { now });
   */
  tokenFor(
    role: string,
    claims?: Readonly<Record<string, unknown>>,
    options?: EnvironmentTokenOptions,
  ): Promise<string>;
  /**
   * A client with such a token; without a role, a client without a token.
   *
   * Throws `unknown_role` for a role that neither the declaration nor the database has.
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
  /**
   * Brings back what was remembered, and ends sessions of others. Where only rows and sequences have changed, the API serves on; otherwise
   * it is away for a moment.
   */
  restore(): Promise<void>;
  /**
   * Starts one more, with a database of its own that has what was remembered. They share a server, and so its roles. It
   * ends with the environment that it comes from, if not before. From the second one on it may have been made ahead (`spares`).
   */
  clone(): Promise<EphemeralPostgrest>;
  /**
   * Brings the running environment to another declaration, as a deploy would: in one transaction, with the API at the
   * same address. Where that cannot be done, because a migration that has run is another one now, or the seed is, the
   * database is made anew. What fails leaves the API as it was.
   *
   * It ends when the API serves the new schema.
   *
   * Throws what applying a declaration throws, `invalid_sql` for a seed that fails, `server_not_ready`, and `invalid_prop`
   * for a declaration of another name.
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
  /** Resolves with the reason where one of the two servers ends by itself, as far as this process can tell. */
  readonly died: Promise<string>;
  /** Output of the two servers, without secrets. */
  logs(): { readonly postgres: string; readonly postgrest: string };
  /**
   * Ends the API, and the servers that were started for it; nothing of it is left. May be called again; whatever else is
   * asked for then throws `environment_stopped`.
   */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface ApplyOutcome {
  /** Statements that changed access. */
  readonly changes: number;
  /** Migrations that ran, by file. */
  readonly migrations: readonly string[];
  /** True if the database was made anew. */
  readonly rebuilt: boolean;
  /** True if the API was away for a moment: for other settings of the server, or another database. */
  readonly restarted: boolean;
}

/** Parts that an environment starts with. */
export interface EnvironmentParts extends Recipe {
  readonly host: Host;
  readonly seed: readonly SqlSource[];
  readonly port?: number | undefined;
  /** Ends what was started for this one alone; left out where others go on using it. */
  readonly endHost?: (() => Promise<void>) | undefined;
  /** Called when it has stopped. */
  readonly onStop?: ((environment: EphemeralPostgrest) => void) | undefined;
}

export async function startEnvironment(parts: EnvironmentParts): Promise<EphemeralPostgrest> {
  const { host, snapshot, port } = parts;
  host.retain(snapshot);
  try {
    return new Environment(parts, await (port === undefined ? host.spares.get(parts) : host.prepare(parts, { port })));
  } catch (error) {
    await host.release(snapshot);
    throw error;
  }
}

class Environment implements EphemeralPostgrest {
  readonly url: string;
  readonly databaseUrl: string;
  readonly died: Promise<string>;
  readonly #tellDied: (reason: string) => void;
  readonly #parts: EnvironmentParts;
  readonly #database: string;
  readonly #clones = new Set<EphemeralPostgrest>();
  #declaration: Declaration;
  #seed: readonly SqlSource[];
  #trust: Trust;
  #snapshot: string;
  /** State of the database with the rows of the snapshot, if they were put back one by one. */
  #restored: DatabaseState | undefined;
  #server: RunningPostgrest;
  #serves = true;
  #pool: QueryPool | undefined;
  /** Ends of the pools before it. */
  readonly #poolEnds: Promise<void>[] = [];
  #turn: Promise<unknown> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  constructor(parts: EnvironmentParts, { database, server }: Prepared) {
    this.#parts = parts;
    this.#database = database;
    this.#declaration = parts.declaration;
    this.#seed = parts.seed;
    this.#trust = parts.trust;
    this.#snapshot = parts.snapshot;
    this.#server = server;
    this.url = server.url;
    this.databaseUrl = databaseUrl(parts.host.backend.connection(database));
    let tell: (reason: string) => void;
    this.died = new Promise((resolve) => (tell = resolve));
    this.#tellDied = tell!;
    void parts.host.backend.died?.then(this.#tellDied);
    this.#watch(server);
  }

  #watch(server: RunningPostgrest): void {
    void server.died?.then((reason) => {
      this.#serves = false;
      this.#tellDied(reason);
    });
  }

  get declaration(): Declaration {
    return this.#declaration;
  }

  async tokenFor(
    role: string,
    claims: Readonly<Record<string, unknown>> = {},
    { isEncrypted, ...options }: EnvironmentTokenOptions = {},
  ): Promise<string> {
    checkRole(role, claims);
    const { keys, tokens } = this.#declaration;
    const provider = providerOf(keys);
    const { issuer, audience } = provider ?? tokens;
    const asked = {
      ...(issuer !== undefined && { issuer }),
      ...(audience !== undefined && { audience }),
      ...(tokens.requiredClaims.includes('sub') && { subject: 'sample' }),
    };
    const said = provider ? tokenClaims(provider, role, claims) : claims;
    const { key, decryptionKey } = this.#trust;
    const token = await signToken(key, { ...asked, ...tokenOptions(said, options.now), ...options, role });
    return (isEncrypted ?? tokens.encryption === 'required') ? encryptToken(token, decryptionKey) : token;
  }

  async as(role?: string, claims: Readonly<Record<string, unknown>> = {}): Promise<ApiClient> {
    if (role !== undefined) await this.#checkExists(role);
    const token = role === undefined ? undefined : await this.tokenFor(role, claims);
    const declaration = this.#declaration;
    const { backend, password } = this.#parts.host;
    const connection = { ...backend.connection(this.#database), user: declaration.authenticator, password };
    return createClient(
      { role: role ?? declaration.anonymous?.name ?? '', claims, token, url: this.url },
      { declaration, connection },
    );
  }

  /** Without this, a mistyped role would look like one without access. */
  async #checkExists(role: string): Promise<void> {
    const { anonymous, users, authenticator } = this.#declaration;
    const names = [...(anonymous ? [anonymous] : []), ...users].map(({ name }) => name);
    if (names.includes(role)) return;
    const existing = await this.sql(statement('roles', { roles: [role], authenticator }));
    if (existing.length > 0) return;
    refuse(
      'unknown_role',
      'as',
      `there is no role "${role}"${didYouMean(role, names)}`,
      `name one of ${names.join(', ')}`,
    );
  }

  async sql<Row extends pg.QueryResultRow>(text: string, values: readonly unknown[] = []): Promise<Row[]> {
    for (;;) {
      this.#refuseStopped();
      const result = await this.#sessions().query<Row>(text, values);
      if (result) return result.rows;
      // Its pool ended before it began, because the database was exchanged.
      await this.#turn;
    }
  }

  snapshot(): Promise<void> {
    return this.#inTurn(() => this.#away(() => this.#remember()));
  }

  restore(): Promise<void> {
    return this.#inTurn(async () => {
      if (await this.#restoreRows()) return;
      const { host } = this.#parts;
      // Copied while the server ends.
      const copying = host.copy(this.#snapshot, this.#declaration);
      copying.catch(() => {});
      try {
        await this.#away(async () => {
          // Dropping a database would wait longer for sessions to end.
          const [copy] = await Promise.all([copying, host.cutOff(this.#database)]);
          await host.replace(this.#database, copy);
        });
        // Tests that restore once usually restore again.
        host.prepareRestore(this.#database, this.#snapshot).catch(() => {});
      } catch (error) {
        await copying.then((copy) => host.drop(copy)).catch(() => {});
        throw error;
      }
    });
  }

  /** While the API serves on; answers whether that was possible. */
  async #restoreRows(): Promise<boolean> {
    if (!this.#serves) return false;
    const { authenticator } = this.#declaration;
    const [database, snapshot, before] = [this.#database, this.#snapshot, this.#restored];
    const restored = await this.#parts.host.restoreRows({ database, snapshot, authenticator, before });
    if (restored) this.#endPool();
    this.#restored = restored;
    return restored !== undefined;
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
      this.#refuseOtherName(declaration);
      if (JSON.stringify(seed) !== JSON.stringify(this.#seed)) return this.#rebuild(declaration, seed);
      try {
        return await this.#converge(declaration);
      } catch (error) {
        if (!(error instanceof SecuredPostgrestError) || !NEEDS_ANOTHER_DATABASE.includes(error.code)) throw error;
        return this.#rebuild(declaration, seed);
      }
    });
  }

  /** The server's roles have names that follow from it. */
  #refuseOtherName({ name }: Declaration): void {
    const { name: present } = this.#declaration;
    if (name === present) return;
    refuse(
      'invalid_prop',
      'declaration',
      `its name is "${name}", and was "${present}"`,
      'start another environment, or restart `dev`',
    );
  }

  access(subjects = sampleSubjects(this.#declaration)): Promise<AccessMatrix> {
    return accessMatrix(this.#parts.host.backend.connection(this.#database), this.#declaration, subjects);
  }

  logs(): { readonly postgres: string; readonly postgrest: string } {
    return { postgres: this.#parts.host.backend.logs(), postgrest: this.#server.logs() };
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#turn.then(() => this.#end());
    return this.#stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #end(): Promise<void> {
    const { host, endHost, onStop } = this.#parts;
    const clones = [...this.#clones];
    await Promise.all([this.#server.stop(), ...clones.map((clone) => clone.stop()), endHost && host.spares.stop()]);
    // Busy sessions are cut off, and only then the pool comes to its end.
    await (endHost ? endHost() : Promise.all([host.drop(this.#database), host.release(this.#snapshot)]));
    this.#endPool();
    await Promise.all(this.#poolEnds);
    onStop?.(this);
  }

  /** Applies to a copy of what is remembered first: what fails there has changed nothing that anybody sees. */
  async #converge(declaration: Declaration): Promise<ApplyOutcome> {
    const { host } = this.#parts;
    const next = await host.keepCopy(this.#snapshot, declaration);
    return this.#unlessItFails(next, async () => {
      await host.apply(next, declaration);
      const trust = await this.#trustFor(declaration);
      const restarted = trust !== this.#trust || serverOf(this.#declaration) !== serverOf(declaration);
      const work = () => host.apply(this.#database, declaration);
      const { changes, migrations } = restarted
        ? await this.#replace(declaration, trust, work)
        : await this.#untilServed(work);
      this.#declaration = declaration;
      return { changes, migrations, rebuilt: false, restarted };
    });
  }

  /** Changes the database, and ends when the running server knows the change. */
  async #untilServed(work: () => Promise<ApplyResult>): Promise<ApplyResult> {
    const result = await work();
    if (result.changes > 0 || result.migrations.length > 0) await this.#untilSchemaRead();
    return result;
  }

  async #untilSchemaRead(): Promise<void> {
    const session = await this.#sessions().connect();
    try {
      const { authenticator } = this.#declaration;
      const behind = await untilSchemaRead(session, { authenticator, timeoutMs: SCHEMA_MS });
      if (behind.length === 0) return;
    } finally {
      session.release();
    }
    const problem = `the server has not read the new schema within ${SCHEMA_MS / 1000} s`;
    refuse('server_not_ready', this.url, problem, 'see its log');
  }

  async #rebuild(declaration: Declaration, seed: readonly SqlSource[]): Promise<ApplyOutcome> {
    const { host } = this.#parts;
    const before = this.#declaration;
    const next = await host.build(declaration, seed).catch(async (error: unknown) => {
      await host.apply(this.#database, before).catch(() => {});
      throw error;
    });
    return this.#unlessItFails(next, async () => {
      const trust = await this.#trustFor(declaration);
      await this.#replace(declaration, trust, () => this.#fillFrom(next, declaration));
      this.#seed = seed;
      const migrations = declaration.migrations.map(({ file }) => file);
      return { changes: 0, migrations, rebuilt: true, restarted: true };
    });
  }

  /** With its success `next` is what is remembered; where it fails, roles are what they were: they belong to the server. */
  async #unlessItFails<T>(next: string, work: () => Promise<T>): Promise<T> {
    const { host } = this.#parts;
    const [declaration, snapshot] = [this.#declaration, this.#snapshot];
    try {
      const result = await work();
      this.#snapshot = next;
      this.#restored = undefined;
      await host.release(snapshot);
      return result;
    } catch (error) {
      await host.release(next);
      await host.apply(this.#database, declaration).catch(() => {});
      throw error;
    }
  }

  /** Another server, with whatever is done to the database meanwhile; if it does not start, both are as they were. */
  async #replace<T>(declaration: Declaration, trust: Trust, work: () => Promise<T>): Promise<T> {
    const { host } = this.#parts;
    const before = [this.#declaration, this.#trust] as const;
    await this.#close();
    await host.cutOff(this.#database);
    const kept = await host.keepCopy(this.#database, this.#declaration);
    try {
      const result = await work();
      [this.#declaration, this.#trust] = [declaration, trust];
      await this.#open();
      return result;
    } catch (error) {
      [this.#declaration, this.#trust] = before;
      await this.#close();
      await this.#fillFrom(kept, this.#declaration);
      await this.#open();
      throw error;
    } finally {
      await host.release(kept);
    }
  }

  async #trustFor({ keys }: Declaration): Promise<Trust> {
    return JSON.stringify(keys) === JSON.stringify(this.#declaration.keys) ? this.#trust : createTrust(keys);
  }

  async #remember(): Promise<void> {
    const { host } = this.#parts;
    await host.cutOff(this.#database);
    const next = await host.keepCopy(this.#database, this.#declaration);
    await host.release(this.#snapshot);
    this.#snapshot = next;
    this.#restored = undefined;
  }

  async #fillFrom(snapshot: string, declaration: Declaration): Promise<void> {
    const { host } = this.#parts;
    await host.drop(this.#database);
    this.#restored = undefined;
    await host.copy(snapshot, declaration, this.#database);
  }

  /** Does something while no server is connected. */
  async #away(work: () => Promise<void>): Promise<void> {
    const away = this.#close().then(work);
    // If the work fails, the server starts on the database as it was.
    await this.#open(away.catch(() => {})).finally(() => away);
  }

  /** Ends the server, and its own sessions. */
  async #close(): Promise<void> {
    this.#serves = false;
    await this.#server.stop();
    this.#endPool();
  }

  /** Its sessions have ended, or are about to. Nobody waits for one that has come since then: it ends with its database. */
  #endPool(): void {
    if (this.#pool) this.#poolEnds.push(this.#pool.end());
    this.#pool = undefined;
  }

  /** Starts a server where the last one was, as soon as the database is ready. */
  async #open(databaseReady?: Promise<unknown>): Promise<void> {
    const { host } = this.#parts;
    const start = () =>
      host.startServer({
        database: this.#database,
        declaration: this.#declaration,
        trust: this.#trust,
        port: this.#server.port,
        databaseReady,
      });
    this.#server = await start().catch(async (error: unknown) => {
      if (!(error instanceof SecuredPostgrestError) || error.code !== 'port_taken') throw error;
      // Meanwhile the system gave its port to a connection of another process; few of these last.
      await delay(PORT_MS);
      return start();
    });
    this.#serves = true;
    this.#watch(this.#server);
  }

  #sessions(): QueryPool {
    return (this.#pool ??= new QueryPool(this.#parts.host.backend.connection(this.#database), { max: 4 }));
  }

  /** One after the other: each changes what the next begins with. */
  async #inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#refuseStopped();
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }

  #refuseStopped(): void {
    if (this.#stopped) refuse('environment_stopped', this.url, 'this environment was stopped', 'start another one');
  }
}

/** How long a server may take until it knows a change of the schema. */
const SCHEMA_MS = 30_000;

/** Codes of a database that was made from other migrations. */
const NEEDS_ANOTHER_DATABASE: readonly string[] = ['migration_changed', 'migration_out_of_order'];

/** Changes with whatever a server and its opener are started with, but their keys. */
function serverOf(declaration: Declaration): string {
  const places = { databaseUri: '', jwtSecret: '', port: 0, adminPort: 0 };
  return JSON.stringify([
    serverSettings(declaration, places),
    declaration.authenticator,
    declaration.tokens.encryption,
  ]);
}

/** How long to wait for a connection that has taken a port, in milliseconds. */
const PORT_MS = 500;
