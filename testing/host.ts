import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { applyDeclaration, type ApplyResult } from '../apply/apply.ts';
import type { DatabaseConnection } from '../postgres/connect.ts';
import { setPassword } from '../apply/create-roles.ts';
import { recordPolicyFingerprints } from '../apply/record-fingerprints.ts';
import { failed } from '../apply/run-steps.ts';
import { searchPath } from '../apply/search-path.ts';
import { sessionOf } from '../apply/session.ts';
import { messageResults } from '../postgres/message-results.ts';
import { scramVerifierOfRandom } from '../postgres/scram-verifier.ts';
import { raw, statementsOf } from '../postgres/statements.ts';
import type { StatementNames } from '../postgres/statement-names.ts';
import { OBJECT_IN_USE } from '../postgres/sqlstate.ts';
import { lineAt } from '../postgres/sql-text.ts';
import { temporaryRoles } from '../declaration/roles.ts';
import type { Declaration, SqlSource } from '../declaration/types.ts';
import type { Backend, FirstDatabase, ServerOptions } from './backends/backend.ts';
import { ReplayFailed, replayTranscript } from './cache/replay-transcript.ts';
import { withClient } from '../postgres/with-client.ts';
import { dropDatabase } from './drop-database.ts';
import { newPool } from './pool.ts';
import type { RunningPostgrest } from './servers/postgrest-server.ts';
import { SnapshotRows, type DatabaseState } from './snapshot-rows.ts';
import { Spares, type Prepared, type Recipe } from './spares.ts';
import type { Trust } from './trust.ts';

const statement = statementsOf('testing/databases');

type ServerStart = Pick<ServerOptions, 'port' | 'databaseReady' | 'signal'>;

/** A database that was copied from a snapshot. */
export interface CopiedDatabase {
  readonly database: string;
  readonly snapshot: string;
  readonly authenticator: string;
  /** State that it had with the snapshot's rows. @default that of the snapshot */
  readonly before: DatabaseState | undefined;
}

interface ServedDatabase extends ServerStart {
  readonly database: string;
  readonly declaration: Declaration;
  readonly trust: Trust;
}

/** Server that environments share, with its roles. Its databases are copies of one another. */
export class Host {
  readonly backend: Backend;
  readonly spares: Spares;
  /** Password of the authenticator. */
  readonly password: string;
  readonly #admin: pg.Pool;
  /** Session in the first snapshot. It makes the first copy sooner than a new one could. */
  #session: pg.Client | undefined;
  #firstCopy: Promise<void> | undefined;
  readonly #prefix: string;
  /** Number of users of each snapshot, a database without connections. */
  readonly #snapshots = new Map<string, number>();
  readonly #named = new Map<string, number>();
  /** Privileges on each copied database, as text. */
  readonly #privileges = new Map<string, string>();
  /** Sessions that restore rows, by database. Opening one takes a third of a restore; idle ones close after 10 seconds. */
  readonly #restorers = new Map<string, pg.Pool>();
  /** Rows of snapshots that were restored. */
  readonly #rows = new Map<string, Promise<SnapshotRows | undefined>>();

  /** @param spares how many databases with a server are made ahead at most */
  constructor(backend: Backend, { name, authenticator }: Declaration, spares: number) {
    this.backend = backend;
    this.spares = new Spares(this, spares);
    this.password = backend.password?.(authenticator) ?? randomBytes(24).toString('base64url');
    this.#prefix = backend.databasePrefix ?? name;
    this.#admin = newPool(backend.connection(backend.maintenanceDatabase), { max: 4 });
  }

  /** Creates a database with the declared objects and the rows of the seed. */
  async build(
    declaration: Declaration,
    seed: readonly SqlSource[],
    onProgress: (step: string) => void = () => {},
  ): Promise<string> {
    try {
      return await this.#build(declaration, seed, onProgress);
    } catch (error) {
      if (!(error instanceof ReplayFailed)) throw error;
      await this.backend.firstDatabase?.cached.discard();
      return this.#build(declaration, seed, onProgress);
    }
  }

  async #build(declaration: Declaration, seed: readonly SqlSource[], onProgress: (step: string) => void) {
    const database = this.#nextName(`${this.#prefix}_snapshot`);
    const first = this.backend.firstDatabase?.name === database ? this.backend.firstDatabase : undefined;
    if (!first) await this.#copy('template1', database);
    this.#snapshots.set(database, 1);
    try {
      const connection = this.backend.connection(database);
      const session = first?.session;
      onProgress('applying the declaration');
      const applied = first ? this.#applyToFirst(first, declaration) : this.apply(database, declaration);
      // Nobody else can sign in while the server is kept.
      if (first && !session && first.cached.transcript?.isRepeatable) await applied;
      const ready = applied.then(() => seed.length > 0 && onProgress('filling the tables'));
      const filled = fill(connection, { seed, path: searchPath(declaration), session }, ready);
      const copies = session && seed.length <= 1;
      // Opens the sessions for the seed and for the next copy meanwhile.
      await Promise.all([ready, filled, copies || this.#admin.query('SELECT 1')]);
      if (copies) this.#session = session;
      return database;
    } catch (error) {
      await this.release(database);
      throw error;
    }
  }

  /** Creates the roles, and brings a database to the declared state. */
  apply(database: string, declaration: Declaration): Promise<ApplyResult> {
    const { backend, password } = this;
    const connection = backend.connection(database);
    const { createRoles } = backend;
    if (!createRoles) return applyDeclaration(connection, declaration, { passwords: this.#passwords() });
    return createRoles(declaration, password, () => applyDeclaration(connection, declaration));
  }

  /** Does the same with the first database of a new server. Does only what the cache does not have. */
  async #applyToFirst(first: FirstDatabase, declaration: Declaration): Promise<void> {
    const { name, cached, session, isRepeatable } = first;
    const { transcript } = cached;
    const connection = this.backend.connection(name);
    const passwords = this.#passwords();
    const setPasswords = (client: pg.ClientBase) =>
      setPassword(client, declaration.authenticator, passwords.authenticator);
    if (session) return setPasswords(session);
    if (transcript) {
      const named = this.#keepNamesOfTimeZones(connection);
      await withClient(connection, async (client) => {
        await replayTranscript(client, transcript.messages);
        // The fingerprints in the transcript are of other row versions: Postgres numbers transactions.
        await recordPolicyFingerprints(sessionOf(client, declaration));
        // The second start of a declaration: there may be more.
        if (transcript.isRepeatable) {
          await client.query(statement('discard_temporary'));
          await named;
          if (!(await wroteMore(client, declaration))) await first.keepDeclared();
        }
        await setPasswords(client);
      });
      await named;
      return;
    }
    let sent: readonly string[] | undefined;
    await applyDeclaration(connection, declaration, { passwords, onTranscript: (messages) => (sent = messages) });
    if (!sent) return;
    const messages = sent.filter((message) => !message.includes(passwords.authenticator));
    await cached.keep({ messages, isRepeatable: await isRepeatable });
  }

  /** Saves a sixth of what Postgres does at each start of PostgREST. After a failure, such a start only takes longer. */
  async #keepNamesOfTimeZones(connection: DatabaseConnection): Promise<void> {
    const keep = (client: pg.ClientBase) => client.query(statement('keep_names_of_time_zones'));
    await withClient(connection, keep).catch(() => {});
  }

  #passwords(): { authenticator: string } {
    return { authenticator: scramVerifierOfRandom(this.password) };
  }

  /** Makes a database of an environment's own, and starts its server. */
  async prepare({ snapshot, declaration, trust }: Recipe, start: ServerStart = {}): Promise<Prepared> {
    const database = this.#nextName(this.#prefix);
    const databaseReady = this.#copy(snapshot, database);
    // Everybody may connect to a new database: the server needs no privileges before it serves.
    const privileged = databaseReady.then(() => this.#restrict(database, declaration));
    // The start of the server reports a failed copy first.
    privileged.catch(() => {});
    try {
      const server = await this.startServer({ database, declaration, trust, databaseReady, ...start });
      await privileged.catch(async (error: unknown) => {
        await server.stop();
        throw error;
      });
      return { database, server };
    } catch (error) {
      await privileged.catch(() => {});
      await databaseReady.then(
        () => this.drop(database),
        () => {},
      );
      throw error;
    }
  }

  async discard({ database, server }: Prepared): Promise<void> {
    await server.stop();
    await this.drop(database);
  }

  startServer({ trust, ...options }: ServedDatabase): Promise<RunningPostgrest> {
    const { keySet, decryptionKey } = trust;
    return this.backend.startServer({ ...options, password: this.password, keySet, decryptionKey });
  }

  async stateOf(snapshot: string): Promise<string> {
    const { rows } = await this.#admin.query<{ state: string }>(statement('state_of', { name: snapshot }));
    return rows[0]!.state;
  }

  /** Copies a database without connections into one for an environment. */
  async copy(from: string, declaration: Declaration, to = this.#nextName(this.#prefix)): Promise<string> {
    await this.#copy(from, to);
    await this.#restrict(to, declaration);
    return to;
  }

  /** Gives a new database the privileges of its original. */
  async #restrict(name: string, declaration: Declaration): Promise<void> {
    const { authenticator, owner } = declaration;
    const temporary = [owner, ...temporaryRoles(declaration)];
    const sql = statement('privileges_on_database', { name, authenticator, owner, temporary });
    const results = await messageResults<{ privileges: string }>(this.#admin, sql);
    this.#privileges.set(name, results.at(-1)!.rows[0]!.privileges);
  }

  /** Copies the state of a database without connections into a snapshot, which lasts until its last release. */
  async keepCopy(of: string, declaration: Declaration): Promise<string> {
    const snapshot = this.#nextName(`${this.#prefix}_snapshot`);
    const copy = () => this.copy(of, declaration, snapshot);
    await copy().catch(async (error: unknown) => {
      // In use: a server has connected again meanwhile.
      if (!(error instanceof pg.DatabaseError) || error.code !== OBJECT_IN_USE) throw error;
      await this.#alone(of, copy);
    });
    this.#snapshots.set(snapshot, 1);
    return snapshot;
  }

  /** Runs a function while a database rejects connections. */
  async #alone(database: string, work: () => Promise<unknown>): Promise<void> {
    await this.#run('reject_connections', { name: database });
    try {
      await this.cutOff(database);
      await work();
    } finally {
      await this.#run('accept_connections', { name: database });
    }
  }

  /** Terminates all sessions of a database. */
  async cutOff(database: string): Promise<void> {
    await this.#endRestorer(database);
    await this.#run('cut_off', { name: database });
  }

  /** Adds a user of a snapshot. */
  retain(snapshot: string): void {
    this.#snapshots.set(snapshot, (this.#snapshots.get(snapshot) ?? 0) + 1);
  }

  /** Removes a user of a snapshot; the last one drops it. */
  async release(snapshot: string): Promise<void> {
    const others = (this.#snapshots.get(snapshot) ?? 1) - 1;
    if (others > 0) {
      this.#snapshots.set(snapshot, others);
    } else {
      this.#snapshots.delete(snapshot);
      this.#rows.delete(snapshot);
      await this.spares.forget(snapshot);
      await this.drop(snapshot);
    }
  }

  /**
   * Brings back the rows of a snapshot while the database serves, and answers the state that it then has. Undefined, with
   * nothing changed, where only a new copy is sure to bring back everything.
   */
  async restoreRows({ database, snapshot, ...options }: CopiedDatabase): Promise<DatabaseState | undefined> {
    const { backend } = this;
    const reading =
      this.#rows.get(snapshot) ??
      withClient(backend.connection(snapshot), (client) => SnapshotRows.of(client)).catch(() => undefined);
    this.#rows.set(snapshot, reading);
    const rows = await reading;
    if (!rows) return undefined;
    const privileges = this.#privileges.get(database);
    const session = await this.#restorer(database)
      .connect()
      .catch(() => undefined);
    return session && rows.restore(session, { ...options, privileges }).finally(() => session.release());
  }

  /** Opens the session of the next restore, and has its SQL planned. */
  async prepareRestore(database: string, snapshot: string): Promise<void> {
    const rows = await this.#rows.get(snapshot);
    if (!rows) return;
    const session = await this.#restorer(database).connect();
    await rows.prepare(session).finally(() => session.release());
  }

  #restorer(database: string): pg.Pool {
    const known = this.#restorers.get(database);
    if (known) return known;
    const pool = newPool(this.backend.connection(database), { max: 1, connectionTimeoutMillis: 5000 });
    this.#restorers.set(database, pool);
    return pool;
  }

  async #endRestorer(database: string): Promise<void> {
    const pool = this.#restorers.get(database);
    this.#restorers.delete(database);
    await pool?.end();
  }

  /** Puts a database in the place of another one, which is dropped with its sessions. */
  async replace(database: string, by: string): Promise<void> {
    await this.drop(database);
    await this.#run('rename_database', { name: by, to: database });
    this.#privileges.set(database, this.#privileges.get(by)!);
    this.#privileges.delete(by);
  }

  async drop(database: string): Promise<void> {
    this.#privileges.delete(database);
    await this.#endRestorer(database);
    await dropDatabase(this.#admin, this.backend.connection(database)).catch((error: unknown) => {
      // Without a running server there is no database either.
      if (error instanceof pg.DatabaseError) throw error;
    });
  }

  async stop(): Promise<void> {
    await this.spares.stop();
    await this.backend.stop();
    await Promise.all([
      this.#admin.end(),
      this.#session?.end(),
      ...[...this.#restorers.keys()].map((name) => this.#endRestorer(name)),
    ]);
  }

  async #copy(template: string, name: string): Promise<void> {
    const { strategy } = this.backend;
    const sql =
      strategy === undefined
        ? statement('copy_database', { name, template })
        : statement('copy_database_by', { name, template, strategy: raw(strategy) });
    const session = this.#session;
    this.#session = undefined;
    if (session) {
      await (this.#firstCopy = this.#copyBy(session, sql));
      return;
    }
    // That session may still be in the original.
    await this.#firstCopy?.catch(() => {});
    await this.#admin.query(sql);
  }

  /** Copies with a session in the original, and ends it. */
  async #copyBy(session: pg.Client, sql: string): Promise<void> {
    try {
      // Not in a transaction that a seed has left open.
      await session.query('DISCARD ALL');
    } catch {
      await session.end();
      await this.#admin.query(sql);
      return;
    }
    await session.query(sql).finally(() => session.end());
  }

  async #run(name: StatementNames['testing/databases'], values: Parameters<typeof statement>[1]): Promise<void> {
    await this.#admin.query(statement(name, values));
  }

  #nextName(kind: string): string {
    const number = (this.#named.get(kind) ?? 0) + 1;
    this.#named.set(kind, number);
    return number === 1 ? kind : `${kind}_${number}`;
  }
}

async function wroteMore(client: pg.ClientBase, { privateSchema }: Declaration): Promise<boolean> {
  const sql = statement('wrote_more', { private: privateSchema });
  const { rows } = await client.query<{ wrote_more: boolean }>(sql);
  return rows[0]!.wrote_more;
}

async function fill(
  connection: DatabaseConnection,
  {
    seed,
    path,
    session,
  }: { readonly seed: readonly SqlSource[]; readonly path: string; readonly session: pg.Client | undefined },
  ready: Promise<unknown>,
): Promise<void> {
  const run = async (client: pg.ClientBase, source: SqlSource) => {
    await client.query(statement('find_names', { search_path: path }));
    await ready;
    await runSeed(client, source);
  };
  const [first, ...others] = seed;
  if (session && first) await run(session, first);
  // A later seed must not wait for a transaction or a lock that the first one has left open.
  if (others.length > 0) await session?.end();
  for (const source of session ? others : seed) await withClient(connection, (client) => run(client, source));
}

async function runSeed(client: pg.ClientBase, { file, sql }: SqlSource): Promise<void> {
  await client.query(sql).catch((error: Error & { readonly position?: string }) => {
    const place = error.position === undefined ? file : `${file}:${lineAt(sql, Number(error.position) - 1)}`;
    failed('invalid_sql', place, error, 'correct the seed');
  });
}
